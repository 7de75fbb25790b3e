import { equalStrings, type RawRequest, type RemoteEvent, type Webhooks } from '@raccordo/core/plugin'
import type { OdooSettings } from './settings.ts'
import { OBJECTS_OF } from './webhook-models.ts'
import { hookAddress, subscribe, TOKEN, unsubscribe } from './webhooks-subscribe.ts'

/**
 * Hints of automation rules (Odoo 17 and later). Odoo signs nothing and sends no header of one's own: the secret stands in
 * the address. It waits one second for an answer and sends nothing again, so that polling stays the truth.
 */
export const webhooks: Webhooks<OdooSettings> = {
  secret: 'connection',
  verify: ({ url }, secret) => {
    const token = URL.canParse(url) ? new URL(url).searchParams.get(TOKEN) : null
    return secret !== '' && token !== null && equalStrings(token, secret)
  },
  parse: (request) => hintsIn(request).flatMap((hint) => eventsOf(hint, request.receivedAt)),
  address: hookAddress,
  subscribe,
  unsubscribe,
}

type Hint = Readonly<Record<string, unknown>>

/** One record a request; a list of them is taken as well. Throws where the body is no JSON in UTF-8, or no record at all. */
const hintsIn = ({ body }: RawRequest): readonly Hint[] => {
  const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  if (typeof parsed !== 'object' || parsed === null) throw new Error('The body names no record')
  return (Array.isArray(parsed) ? parsed : [parsed]).filter((hint) => typeof hint === 'object' && hint !== null)
}

/**
 * A hint only says that something happened to a record, which is then read again: whether it was deleted as well. Odoo
 * repeats it many times for one change and names no event, so that those of one second are one; a later one counts anew.
 * A partner may be of either side, and may just have changed it: both are looked at.
 */
const eventsOf = (hint: Hint, receivedAt: Date): readonly RemoteEvent[] => {
  const model = hint['_model'] ?? hint['model']
  const id = Number(hint['_id'] ?? hint['id'])
  if (typeof model !== 'string' || !Number.isSafeInteger(id) || id <= 0) return []
  const at = receivedAt.toISOString()
  return (OBJECTS_OF.get(model) ?? []).map((object) => ({
    key: `${object}:${id}:${at.slice(0, 19)}`,
    object,
    remoteId: String(id),
    op: 'upsert',
    at,
  }))
}
