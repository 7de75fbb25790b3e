import type { ErrorKind, Failure, Reply } from '@raccordo/core/plugin'

/**
 * Names what a reply says is wrong; undefined where nothing is, or where the HTTP status says it all. JSON-RPC sends
 * every error under status 200, and JSON-2 answers the caller's own mistakes with 500, so only the exception's name
 * counts: `error.code` is 0 in one version and 200 in another, and the message is in the user's language. The
 * traceback in `debug` is never read.
 */
export const failureOfReply = (reply: Reply): Failure | undefined => {
  const body = objectOf(reply.body)
  const error = objectOf(body?.['error'])
  if (body?.['jsonrpc'] !== undefined && error !== undefined) return failureOfRpc(error)
  if (reply.status < 400) return undefined
  if (typeof body?.['name'] === 'string') return failureOf(body['name'], textOf(body['message']))
  if (reply.status === 404 && /No database is selected/i.test(String(reply.body)))
    return { kind: 'invalid', message: 'Odoo has no database of this name at this address.', setting: 'database' }
  return undefined
}

const failureOfRpc = (error: Record<string, unknown>): Failure => {
  const data = objectOf(error['data'])
  if (typeof data?.['name'] === 'string') return failureOf(data['name'], textOf(data['message']))
  const message = textOf(error['message'])
  return {
    kind: error['code'] === 404 ? 'not_found' : 'invalid',
    message: message === '' ? 'Odoo Server Error' : message,
  }
}

/** Names a failure by the Python exception that Odoo reports. */
export const failureOf = (name: string, message: string): Failure => {
  const say = (kind: ErrorKind, text = message, field?: string): Failure => ({
    kind,
    message: shorten(text === '' ? name : text),
    vendorCode: name,
    ...(field === undefined ? {} : { field }),
  })
  if (isConflict(message)) return say('locked')
  const database = /database "([^"]+)" does not exist/.exec(message)?.[1]
  if (database !== undefined)
    return { ...say('invalid', `Odoo has no database "${database}" at this address.`), setting: 'database' }
  if (isSignedOut(name, message)) return say('auth', 'Odoo refuses this user name, password or API key.')
  // A model that is not there means an app that is not installed: the object is out of reach, as without rights.
  if (/^(?:Object \S+ doesn't exist|the model '[^']+' does not exist)/.test(message)) return say('forbidden')
  const unknown = unknownField(name, message)
  if (unknown !== undefined) return say('schema', message, unknown)
  return say(KINDS[name] ?? kindOfDatabaseError(name) ?? 'invalid')
}

/** True where the database refused a write because another one was faster: the same call succeeds a little later. */
export const isConflict = (message: string): boolean =>
  /could not serialize access|deadlock detected|could not obtain lock/i.test(message)

const KINDS: Readonly<Record<string, ErrorKind>> = {
  'odoo.exceptions.AccessError': 'forbidden',
  'odoo.exceptions.MissingError': 'not_found',
  'odoo.exceptions.ValidationError': 'invalid',
  'odoo.exceptions.UserError': 'invalid',
  'odoo.exceptions.RedirectWarning': 'invalid',
  'odoo.exceptions.LockError': 'locked',
  'odoo.exceptions.ConcurrencyError': 'locked',
  'odoo.exceptions.CacheMiss': 'unavailable',
  'builtins.ValueError': 'invalid',
  'builtins.AttributeError': 'bug',
  'builtins.TypeError': 'bug',
  'builtins.MemoryError': 'unavailable',
  'werkzeug.exceptions.BadRequest': 'bug',
  'werkzeug.exceptions.Forbidden': 'forbidden',
  'werkzeug.exceptions.NotFound': 'bug',
  'werkzeug.exceptions.UnprocessableEntity': 'bug',
  'werkzeug.exceptions.TooManyRequests': 'rate_limited',
  'werkzeug.exceptions.ServiceUnavailable': 'unavailable',
}

const isSignedOut = (name: string, message: string): boolean =>
  name === 'odoo.exceptions.AccessDenied' ||
  name === 'werkzeug.exceptions.Unauthorized' ||
  name === 'odoo.http.SessionExpiredException' ||
  // A user that was deleted since the session began is told so by its record.
  (name === 'odoo.exceptions.MissingError' && /\(Record: res\.users\(\d+,\), User: \d+\)/.test(message))

const kindOfDatabaseError = (name: string): ErrorKind | undefined => {
  if (!/^psycopg2?\./.test(name)) return undefined
  if (/SerializationFailure|DeadlockDetected|LockNotAvailable|QueryCanceled/.test(name)) return 'locked'
  return /OperationalError|InterfaceError|PoolError|AdminShutdown|TooManyConnections/.test(name)
    ? 'unavailable'
    : 'invalid'
}

const unknownField = (name: string, message: string): string | undefined => {
  if (name === 'builtins.KeyError') return /^'?([a-z_]\w*)'?$/i.exec(message)?.[1]
  if (name !== 'builtins.ValueError') return undefined
  const named = /^Invalid field(?: name)? '([^']+)'/.exec(message)
  return named?.[1] ?? /^Invalid field \S+\.(\w+) in (?:condition|leaf)/.exec(message)?.[1]
}

/** True where the server lacks a method, so that another way may be tried. */
export const isMissingMethod = (vendorCode: string | undefined, message: string): boolean =>
  (vendorCode === 'builtins.AttributeError' || vendorCode === 'werkzeug.exceptions.NotFound') &&
  /^(?:The method '.*' does not exist|type object '.*' has no attribute)/.test(message)

const objectOf = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

const shorten = (text: string): string => (text.length > 500 ? `${text.slice(0, 499)}…` : text)
