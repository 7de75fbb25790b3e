import { simulator, type ZohoOptions, type ZohoSimulator } from '../simulator/index.ts'

export const START = Date.parse('2026-11-02T09:00:00.000Z')
const MINUTE_MS = 60_000

// biome-ignore lint/suspicious/noExplicitAny: tests read answers of a CRM as they come
export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: any }

/** An organisation with a clock of its own, and a client that is signed in. */
export interface Bench {
  readonly sim: ZohoSimulator
  call(
    method: string,
    path: string,
    body?: unknown,
    more?: { readonly token?: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Answer>
  /** Asks the token endpoint. */
  token(fields: Readonly<Record<string, string>>): Promise<Answer>
  query(text: string, version?: string): Promise<Answer>
  /** Lets the clock go on. */
  pass(ms: number): void
}

export const openBench = async (options: ZohoOptions = {}): Promise<Bench> => {
  let nowMs = START
  const sim = await simulator.start({ now: () => new Date(nowMs), ...options })
  let token = String(sim.connection.credentials['accessToken'])
  const call: Bench['call'] = async (method, path, body, more = {}) =>
    answerOf(
      await fetch(`${sim.url}${path}`, {
        method,
        headers: { authorization: `Zoho-oauthtoken ${more.token ?? token}`, ...more.headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )
  return {
    sim,
    call,
    token: async (fields) =>
      answerOf(await fetch(`${sim.url}/oauth/v2/token`, { method: 'POST', body: new URLSearchParams(fields) })),
    query: (text, version = 'v8') => call('POST', `/crm/${version}/coql`, { select_query: text }),
    pass: (ms) => {
      nowMs += ms
      // Tokens last an hour; a test that lets days pass is not about that.
      if (ms > MINUTE_MS) token = sim.signIn().accessToken
    },
  }
}

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
}

export const DAY_MS = 86_400_000
