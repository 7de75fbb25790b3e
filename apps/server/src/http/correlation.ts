import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export const CORRELATION_HEADER = 'x-correlation-id'

/** Short and plain enough to be quoted in a log line, a header and a search box. */
const SANE = /^[A-Za-z0-9._:-]{1,128}$/

/** The caller's own id where it is sane, else a new one. */
export const correlationIdOf = ({ headers }: IncomingMessage): string => {
  const given = headers[CORRELATION_HEADER]
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID()
}
