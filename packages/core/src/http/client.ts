import type { Call, Ctx, Reply } from '../contract.ts'
import { crmError } from '../errors.ts'
import { type Attempt, attemptCall } from './attempt.ts'
import { nextSkew, serverNow, skewBounds } from './clock.ts'
import { type CallContext, factOf, type HttpDeps } from './context.ts'
import type { Signature } from './ports.ts'
import { prepareCall, withNewSession } from './prepare.ts'
import type { LimitedParty } from './rates.ts'
import { retryDelay } from './retry.ts'
import type { HttpResponse } from './transport.ts'
import { redirectTarget } from './url.ts'

const MAX_REDIRECTS = 5
const UNSIGNED: Signature = { headers: {}, generation: '' }

/**
 * The context that a plugin's functions get: its `call` is signed, throttled, retried, measured and redacted.
 *
 * A call is repeated (at most five tries) after 429, 5xx, a lock or a network fault, if that can do no harm: a GET, a
 * call marked `idempotent`, or one that the CRM certainly did not carry out. Longer waits than 20 s are thrown with
 * `retryAfterMs`. After 'auth' the credentials are renewed once and the call is repeated once. Whatever is thrown is a
 * `CrmError`; `unknownOutcome` says that a call which is not idempotent may have been carried out all the same.
 */
export const createCtx = <Settings extends object>(deps: HttpDeps, context: CallContext<Settings>): Ctx<Settings> => {
  const { provider, settings, credentials, account, signal } = context
  const baseUrl = settings.apiBaseUrl ?? factOf(provider.api.baseUrl, settings as Settings)
  const party: LimitedParty = {
    provider: provider.id,
    connectionId: context.connectionId,
    account,
    limits: factOf(provider.api.limits, settings as Settings),
    ...(settings.limits === undefined ? {} : { overrides: settings.limits }),
    requestsPerSecond: deps.requestsPerSecond,
  }
  let skewMs = context.skewMs ?? 0

  const noteClock = (response: HttpResponse | undefined, sentAtMs: number): void => {
    if (response === undefined) return
    const bounds = skewBounds(response.headers, sentAtMs, deps.clock.wallMs())
    const measured = bounds === undefined ? skewMs : nextSkew(skewMs, bounds)
    if (measured === skewMs) return
    skewMs = measured
    deps.telemetry.onClock(context.connectionId, skewMs)
  }

  const call = async (request: Call): Promise<Reply> => {
    let prepared = prepareCall(baseUrl, request)
    let isRenewed = false
    let redirects = 0
    for (let number = 1; ; ) {
      const session = credentials.session
      const signature = request.anonymous === true ? UNSIGNED : await credentials.sign(prepared.call)
      const sentAtMs = deps.clock.wallMs()
      const attempt: Attempt = await attemptCall(deps, context, party, prepared, signature, number)
      noteClock(attempt.response, sentAtMs)
      if ('reply' in attempt) return attempt.reply

      const { error, isUndone, response } = attempt
      const target =
        followable(response, prepared.method) && redirectTarget(prepared.url, response?.headers['location'])
      if (target && redirects < MAX_REDIRECTS) {
        redirects += 1
        prepared = { ...prepared, url: target }
        continue
      }
      if (error.kind === 'auth' && !isRenewed && request.anonymous !== true) {
        isRenewed = true
        const verdict = await credentials.renew(signature)
        if (verdict === 'refused') throw error
        // With newer credentials the same request is signed anew; a session stands in the request itself.
        if (verdict === 'rebuild') {
          const renewed = withNewSession(prepared.call, session, credentials.session)
          if (renewed === undefined)
            throw crmError('unavailable', 'The session was renewed: the work begins anew.', { retryAfterMs: 0 })
          prepared = prepareCall(baseUrl, renewed)
        }
        continue
      }
      const delayMs = retryDelay({
        attempt: number,
        kind: error.kind,
        retryAfterMs: error.retryAfterMs,
        isSafe: prepared.isIdempotent || isUndone,
        random: (deps.random ?? Math.random)(),
      })
      const untilMs = deps.clock.monotonicMs() + (delayMs ?? 0) + prepared.timeoutMs
      if (delayMs === undefined || signal.aborted || untilMs > (context.sendBy ?? Number.POSITIVE_INFINITY)) throw error
      await deps.clock.sleep(delayMs, signal).catch(() => {
        throw error
      })
      number += 1
    }
  }

  return {
    settings,
    get session() {
      return credentials.session
    },
    account,
    signal,
    now: () => serverNow(deps.clock.wallMs(), skewMs),
    call,
    lookup: (table, key) => context.lookup(table, key),
  }
}

/** A GET may be sent to where a redirect points; anything else only where the redirect says that nothing was done. */
const followable = (response: HttpResponse | undefined, method: string): boolean => {
  const status = response?.status ?? 0
  return status === 307 || status === 308 || (method === 'GET' && (status === 301 || status === 302 || status === 303))
}
