import got, { HTTPError, RequestError } from 'got'
import { USUAL_PORT } from '../config/configuration.ts'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { faultWords, type ToldFault } from './fault_words.ts'
import type { Terminal } from './terminal.ts'

export type Query = Readonly<Record<string, string | number | undefined>>

/** A running server, over its own API. Every method throws a `CliFailure` where the answer is not a success. */
export interface Client {
  readonly url: string
  get<T>(path: string, query?: Query): Promise<T>
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>
}

/** The parts of a problem answer that are shown. */
interface ShownProblem {
  readonly detail?: string
  readonly kind?: string
  readonly correlationId?: string
  readonly faults?: readonly ToldFault[]
}

const ANSWER_LIMIT_MS = 90_000

const faultLines = ({ faults = [] }: ShownProblem): string =>
  faults.length < 2 ? '' : faults.map((fault) => `\n  - ${faultWords(fault)}`).join('')

const refused = (status: number, text: string): CliFailure => {
  let problem: ShownProblem = {}
  try {
    problem = JSON.parse(text) as ShownProblem
  } catch {
    problem = { detail: `The server answered ${status} with something else than JSON. Is CRM_URL right?` }
  }
  const quote = status >= 500 && problem.correlationId !== undefined ? ` (correlation id ${problem.correlationId})` : ''
  const advice = status === 401 ? ' Set CRM_API_KEY to a key of this server.' : ''
  const message = `${problem.detail ?? `The server answered ${status}.`}${advice}${quote}${faultLines(problem)}`
  return new CliFailure(status < 500 ? EXIT.refused : EXIT.failed, message, problem)
}

const failureOf = (error: unknown, url: string): unknown => {
  if (error instanceof HTTPError) return refused(error.response.statusCode, String(error.response.body))
  if (!(error instanceof RequestError)) return error
  if (error.code === 'ERR_INVALID_URL') return new CliFailure(EXIT.usage, `"${url}" is no web address.`)
  const reason = error.code === 'ECONNREFUSED' ? '' : ` (${error.code}: ${error.message})`
  return new CliFailure(
    EXIT.unreachable,
    `No server answers at ${url}${reason}. Start one with \`raccordo serve\`, or set CRM_URL to where one runs.`,
    { kind: 'unavailable', detail: `No server answers at ${url}.` },
  )
}

/** A client of the server at CRM_URL, with the key in CRM_API_KEY. */
export const connectTo = ({ environment }: Terminal, urlOption?: string): Client => {
  const port = environment['PORT'] || String(USUAL_PORT)
  const url = (urlOption ?? (environment['CRM_URL'] || `http://127.0.0.1:${port}`)).replace(/\/+$/, '')
  const key = environment['CRM_API_KEY'] || environment['CRM_ADMIN_KEY']
  const http = got.extend({
    headers: { accept: 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    retry: { limit: 0 },
    followRedirect: false,
    timeout: { request: ANSWER_LIMIT_MS },
  })
  const call = async <T>(method: string, path: string, options: object): Promise<T> => {
    try {
      const { body } = await http(`${url}/crm${path}`, { method: method as 'GET', ...options })
      return (body === '' ? null : JSON.parse(body)) as T
    } catch (error) {
      throw failureOf(error, url)
    }
  }
  return {
    url,
    get: (path, query = {}) => {
      const searchParams = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
      return call('GET', path, { searchParams })
    },
    send: (method, path, body) => call(method, path, body === undefined ? {} : { json: body }),
  }
}

/** A part of a path. */
export const part = encodeURIComponent
