import {
  type Call,
  type Ctx,
  type Fields,
  failureOf as failureOfError,
  isCrmError,
  type Outcome,
} from '@raccordo/core/plugin'
import { ask } from './ask.ts'
import { failureOf, isSuccess } from './errors.ts'
import type { Kind } from './kinds.ts'
import { moduleScopes } from './oauth.ts'
import type { Settings } from './settings.ts'
import { instantOf } from './times.ts'
import type { VendorVerdict } from './vendor.ts'

/** A row that an answer says nothing of may have been written. */
export const unanswered = (): Outcome => ({
  ok: false,
  kind: 'unavailable',
  message: 'Zoho answered and said nothing of this record',
  unknownOutcome: true,
})

/**
 * Sends records and reads what Zoho says of each, in the order of the request: never the HTTP status, which is 200, 201,
 * 202 or 207 for the same. Only where every record was refused is the answer an error; a single one is told by itself,
 * and several are thrown, so that the engine halves them.
 */
export const sendRecords = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  call: Pick<Call, 'method' | 'path' | 'idempotent'>,
  records: readonly Fields[],
  more: Fields = {},
): Promise<readonly Outcome[]> => {
  if (records.length === 0) return []
  const { trigger = [] } = ctx.settings
  const body = { data: records, ...(trigger === 'all' ? {} : { trigger }), ...more }
  try {
    const reply = await ask(ctx, { ...call, body }, moduleScopes(kind.name))
    const verdicts: readonly VendorVerdict[] = Array.isArray(reply.body?.data) ? reply.body.data : []
    return records.map((_, index) => outcomeOf(verdicts[index], call.method === 'POST'))
  } catch (error) {
    if (records.length > 1 || !isCrmError(error) || error.unknownOutcome || !ROW_KINDS.has(error.kind)) throw error
    return [{ ok: false, ...failureOfError(error) }]
  }
}

const ROW_KINDS: ReadonlySet<string> = new Set(['invalid', 'conflict', 'not_found', 'locked', 'schema'])

const outcomeOf = (verdict: VendorVerdict | undefined, isNew: boolean): Outcome => {
  if (verdict === undefined || typeof verdict !== 'object') return unanswered()
  if (!isSuccess(verdict)) return verdict.code === undefined ? unanswered() : { ok: false, ...failureOf(verdict) }
  const id: unknown = verdict.details?.['id']
  if (typeof id !== 'string' && typeof id !== 'number') return unanswered()
  const updatedAt = instantOf(verdict.details?.['Modified_Time'])
  return {
    ok: true,
    remoteId: String(id),
    created: isNew && verdict.action !== 'update',
    ...(updatedAt === undefined ? {} : { updatedAt }),
  }
}
