const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
])
/** Connection failures, too many connections, shutdown: SQLSTATE classes 08, 53 and 57P. */
const SQL_STATE = /^(?:08...|53...|57P..)$/
/** What the Postgres driver and PGlite say without a code. */
const WORDS = /connection terminated|timeout exceeded when trying to connect|cannot use a pool after|pglite is clos/i

/** True where an error that came through unnamed means that our own database does not answer. */
export const isDatabaseFailure = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && (SOCKET_CODES.has(code) || SQL_STATE.test(code))) return true
  if (error instanceof AggregateError) return error.errors.some(isDatabaseFailure)
  return WORDS.test(error.message)
}
