import type { Call, ErrorKind, Reply } from '../contract.ts'
import { type CrmError, crmError, failureError, isCrmError } from '../errors.ts'
import { classifyReply, type ReplyFailure } from './classify.ts'
import type { CallContext, HttpDeps } from './context.ts'
import type { Permit } from './limiter.ts'
import { PRIORITIES, type Signature } from './ports.ts'
import type { PreparedCall } from './prepare.ts'
import { type Draw, drawsOf, type LimitedParty, parallelLimitsOf } from './rates.ts'
import { readReply } from './reply.ts'
import { MAX_WAIT_MS } from './retry.ts'
import { type HttpResponse, TransportFault } from './transport.ts'

/** How one try of a call ended. */
export type Attempt =
  | { readonly reply: Reply; readonly response: HttpResponse }
  | {
      readonly error: CrmError
      /** True where the CRM certainly did nothing. */
      readonly isUndone: boolean
      readonly response?: HttpResponse
    }

/** The permit went stale on the way to the socket. */
class StalePermit extends Error {}

/**
 * Sends a prepared call once: waits for its turn, looks at permit and deadline right before it goes out, and says what
 * came of it. Throws only where nothing was sent and waiting on is pointless: 'timeout' for a deadline that is too near
 * or a stopped context, 'rate_limited' or 'quota' for a budget that is used up for longer.
 */
export const attemptCall = async <Settings extends object>(
  deps: HttpDeps,
  context: CallContext<Settings>,
  party: LimitedParty,
  prepared: PreparedCall,
  signature: Signature,
  number: number,
): Promise<Attempt> => {
  const draws = drawsOf(party, prepared.call, deps.clock.wallMs())
  const leave = await enterAll(deps, context, party, prepared.call)
  const startedMs = deps.clock.monotonicMs()
  let status: number | 'error' = 'error'
  let kind: ErrorKind | undefined
  try {
    const response = await sendWithPermit(deps, context, draws, prepared, signature)
    status = response.status
    const attempt = judge(deps, context, draws, prepared, response)
    if ('error' in attempt) kind = attempt.error.kind
    return attempt
  } catch (error) {
    const attempt = notAnswered(context, prepared, error)
    kind = attempt.error.kind
    if (isCrmError(error)) throw error
    return attempt
  } finally {
    leave()
    deps.telemetry.onCall({
      provider: context.provider.id,
      connectionId: context.connectionId,
      operation: context.operation,
      method: prepared.method,
      path: context.credentials.redactor.text(prepared.url.pathname),
      status,
      ...(kind === undefined ? {} : { kind }),
      ms: deps.clock.monotonicMs() - startedMs,
      attempt: number,
      correlationId: context.correlationId,
    })
  }
}

const enterAll = async <Settings extends object>(
  deps: HttpDeps,
  context: CallContext<Settings>,
  party: LimitedParty,
  call: Call,
): Promise<() => void> => {
  const exits: (() => void)[] = []
  const leave = () => {
    for (const exit of exits) exit()
  }
  try {
    for (const { key, max } of parallelLimitsOf(party, call))
      exits.push(await deps.gate.enter(key, max, PRIORITIES.indexOf(context.priority), context.signal))
    return leave
  } catch (error) {
    leave()
    throw stopped(error)
  }
}

const sendWithPermit = async <Settings extends object>(
  { limiter, transport, clock }: HttpDeps,
  context: CallContext<Settings>,
  draws: readonly Draw[],
  prepared: PreparedCall,
  signature: Signature,
): Promise<HttpResponse> => {
  const { connectionId, priority, signal, sendBy = Number.POSITIVE_INFINITY } = context
  const spareMs = () => sendBy - prepared.timeoutMs - clock.monotonicMs()
  const checkDeadline = () => {
    if (signal.aborted) throw stopped(signal.reason)
    if (spareMs() < 0)
      throw crmError('timeout', 'The call was not sent: its answer might have come too late.', { notSent: true })
  }
  for (;;) {
    checkDeadline()
    const patience = { maxWaitMs: Math.min(MAX_WAIT_MS, spareMs()), signal }
    const permit = await limiter.acquire(connectionId, draws, priority, patience).catch((error) => {
      throw isCrmError(error) || !signal.aborted ? error : stopped(error)
    })
    const sentMs = clock.monotonicMs()
    try {
      const response = await transport({
        url: prepared.url,
        method: prepared.method,
        headers: { ...prepared.headers, ...signature.headers },
        ...(prepared.body === undefined ? {} : { body: prepared.body }),
        timeoutMs: prepared.timeoutMs,
        signal,
        beforeSend: () => {
          checkDeadline()
          if (!permit.isValid()) throw new StalePermit()
        },
      })
      permit.sent(sentMs + response.sentAfterMs)
      return response
    } catch (error) {
      settlePermit(permit, error, sentMs)
      if (!(error instanceof StalePermit)) throw error
    }
  }
}

const settlePermit = (permit: Permit, error: unknown, sentMs: number): void => {
  const mayHaveArrived = error instanceof TransportFault && error.mayHaveArrived
  if (!mayHaveArrived) permit.giveBack()
  else if (error.sentAfterMs !== undefined) permit.sent(sentMs + error.sentAfterMs)
}

const judge = <Settings extends object>(
  deps: HttpDeps,
  context: CallContext<Settings>,
  draws: readonly Draw[],
  prepared: PreparedCall,
  response: HttpResponse,
): Attempt => {
  const read = readReply(response)
  const { api } = context.provider
  let failure: ReplyFailure | undefined
  try {
    failure = classifyReply(read, api, deps.clock.wallMs())
    const budget = api.budget?.(read.reply)
    const isRefusal = failure?.kind === 'rate_limited' || failure?.kind === 'quota'
    const retryAfterMs = failure?.retryAfterMs ?? budget?.retryAfterMs
    if (isRefusal || budget?.remaining !== undefined)
      deps.limiter.heed(context.connectionId, draws, { ...budget, isRefusal, retryAfterMs })
    if (failure !== undefined && isRefusal && retryAfterMs !== undefined) failure = { ...failure, retryAfterMs }
  } catch (error) {
    const message = `The plugin could not read a reply: ${error instanceof Error ? error.message : String(error)}`
    failure = { kind: 'bug', message, unknownOutcome: true, isCertainlyUndone: false }
  }
  if (failure === undefined) return { reply: read.reply, response }
  const error = failureError(
    { ...failure, message: context.credentials.redactor.text(failure.message) },
    {
      ...originOf(context),
      status: response.status,
      unknownOutcome: failure.unknownOutcome && !prepared.isIdempotent,
    },
  )
  return { error, isUndone: failure.isCertainlyUndone, response }
}

const KIND_OF_FAULT: Readonly<Record<TransportFault['reason'], ErrorKind>> = {
  timeout: 'timeout',
  stopped: 'timeout',
  unreachable: 'unavailable',
  cut: 'unavailable',
  'too-large': 'invalid',
  'private-address': 'invalid',
}

const notAnswered = <Settings extends object>(
  context: CallContext<Settings>,
  prepared: PreparedCall,
  error: unknown,
): { readonly error: CrmError; readonly isUndone: boolean } => {
  if (isCrmError(error)) return { error, isUndone: true }
  const isFault = error instanceof TransportFault
  const message = context.credentials.redactor.text(error instanceof Error ? error.message : String(error))
  const mayHaveArrived = isFault && error.mayHaveArrived
  const made = crmError(isFault ? KIND_OF_FAULT[error.reason] : 'bug', message, {
    ...originOf(context),
    unknownOutcome: mayHaveArrived && !prepared.isIdempotent,
  })
  return { error: made, isUndone: !mayHaveArrived }
}

const originOf = <Settings extends object>({ provider, connectionId, correlationId }: CallContext<Settings>) => ({
  provider: provider.id,
  connectionId,
  correlationId,
})

const stopped = (reason: unknown): CrmError =>
  isCrmError(reason) ? reason : crmError('timeout', 'The work was stopped before the call was sent.', { notSent: true })
