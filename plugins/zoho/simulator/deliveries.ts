import type { SimulatedDelivery, SimulatedWebhooks } from '@raccordo/testkit/simulator'
import { callbackBody, moduleOfId } from './callbacks.ts'
import { MODULES_OF } from './canonical.ts'
import type { Org } from './org.ts'

/** The requests of a channel with this address and token. Zoho has no event for a merge: the loser is deleted. */
export const deliveriesFor = (
  org: Org,
  { url, secret, at, changes }: Parameters<SimulatedWebhooks['deliveries']>[0],
): readonly SimulatedDelivery[] => {
  const told = changes.map(({ type, id, op }) => ({
    id,
    module: moduleOfId(org, id) ?? MODULES_OF[type][0] ?? 'Contacts',
    operation: op === 'upsert' ? ('update' as const) : ('delete' as const),
  }))
  const groups = Map.groupBy(told, ({ module, operation }) => `${module} ${operation}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const body = callbackBody({
      atMs: at.getTime(),
      module: first.module,
      operation: first.operation,
      ids: group.map(({ id }) => id),
      channelId: '1105420521999070702',
      token: secret,
      url,
      affectedFields: first.operation === 'update' ? group.map(({ id }) => ({ [id]: [] })) : [],
    })
    return [
      { method: 'POST', url, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) },
    ]
  })
}
