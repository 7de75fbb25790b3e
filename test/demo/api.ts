import got, { HTTPError } from 'got'

type Query = Readonly<Record<string, string | number>>

/** The server's REST API, as any program would use it. Every method throws what the server said where it refused. */
export interface Api {
  get<T>(path: string, query?: Query): Promise<T>
  send<T>(method: 'POST' | 'PUT', path: string, body?: object): Promise<T>
  /** What is no JSON. */
  text(path: string): Promise<string>
}

const ANSWER_LIMIT_MS = 90_000

const refusalOf = (error: unknown, call: string): unknown => {
  if (!(error instanceof HTTPError)) return error
  const { statusCode, body } = error.response
  return new Error(`${call} was answered ${statusCode}: ${detailIn(String(body))}`, { cause: error })
}

const detailIn = (body: string): string => {
  try {
    return String((JSON.parse(body) as { detail?: unknown }).detail ?? body)
  } catch {
    return body
  }
}

export const apiAt = (url: string, key: string): Api => {
  const http = got.extend({
    prefixUrl: `${url}/crm`,
    headers: { authorization: `Bearer ${key}` },
    retry: { limit: 0 },
    timeout: { request: ANSWER_LIMIT_MS },
  })
  const call = async (method: 'GET' | 'POST' | 'PUT', path: string, options: object): Promise<string> => {
    try {
      return (await http(path, { method, ...options })).body
    } catch (error) {
      throw refusalOf(error, `${method} /crm/${path}`)
    }
  }
  return {
    get: async <T>(path: string, searchParams: Query = {}) =>
      JSON.parse(await call('GET', path, { searchParams })) as T,
    send: async <T>(method: 'POST' | 'PUT', path: string, body?: object) =>
      JSON.parse(await call(method, path, body === undefined ? {} : { json: body })) as T,
    text: (path) => call('GET', path, {}),
  }
}
