import type { Api, ErrorKind, Failure } from '../contract.ts'
import { retryAfterMs } from './clock.ts'
import { excerpt, type ReadReply } from './reply.ts'

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  401: 'auth',
  402: 'forbidden',
  403: 'forbidden',
  404: 'not_found',
  405: 'invalid',
  408: 'timeout',
  409: 'conflict',
  410: 'not_found',
  412: 'conflict',
  423: 'locked',
  425: 'unavailable',
  429: 'rate_limited',
  504: 'timeout',
}

/** What a status alone says; undefined where it is no error. 304 is none: "nothing new" is an answer. */
export const kindOfStatus = (status: number): ErrorKind | undefined => {
  if ((status >= 200 && status < 300) || status === 304) return undefined
  const known = KIND_OF_STATUS[status]
  if (known !== undefined) return known
  // Vendors use numbers above 450 of their own for moves and outages; the plugin's `classify` knows them.
  return status >= 400 && status < 500 ? 'invalid' : 'unavailable'
}

/** Kinds under which a CRM says that it has not begun: the request can be sent again whatever it was. */
const NEVER_DONE: ReadonlySet<ErrorKind> = new Set(['rate_limited', 'quota', 'locked', 'auth'])

export interface ReplyFailure extends Failure {
  /** True where the CRM may have done the work all the same. */
  readonly unknownOutcome: boolean
  /** True where the CRM certainly did nothing. */
  readonly isCertainlyUndone: boolean
}

/**
 * What a reply means: the plugin's word first, then the status, then whether the body can be read at all. Undefined for
 * a success. The message holds the beginning of the answer as it came: redact it.
 */
export const classifyReply = (
  { reply, isReadable }: ReadReply,
  api: Pick<Api<never>, 'classify'>,
  nowMs: number,
): ReplyFailure | undefined => {
  const said = api.classify?.(reply)
  const byStatus = kindOfStatus(reply.status)
  const named = typeof said === 'string' ? { kind: said } : said
  // A web page that says 403 or 404 comes from something in front of the CRM: no record is gone because of it.
  const isForeign = !isReadable && (byStatus === 'forbidden' || byStatus === 'not_found' || byStatus === undefined)
  const kind = named?.kind ?? (isForeign ? 'unavailable' : byStatus)
  if (kind === undefined) return undefined
  const failure: Partial<Failure> = named ?? {}
  const waitMs = failure.retryAfterMs ?? retryAfterMs(reply.headers, nowMs)
  const isLost = named === undefined && (reply.status >= 500 || reply.status === 408 || byStatus === undefined)
  const isVagueFault = reply.status >= 500 && (kind === 'unavailable' || kind === 'timeout')
  const isRedirect = reply.status >= 300 && reply.status < 400 && reply.status !== 307 && reply.status !== 308
  return {
    ...failure,
    kind,
    message: failure.message ?? `${reply.status} ${excerpt(reply.body)}`.trim(),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    unknownOutcome: failure.unknownOutcome ?? (!NEVER_DONE.has(kind) && (isLost || isVagueFault || isRedirect)),
    isCertainlyUndone: failure.unknownOutcome !== true && NEVER_DONE.has(kind),
  }
}
