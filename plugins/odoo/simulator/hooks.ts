import type { SimulatedDelivery } from '@raccordo/testkit/simulator'
import type { Environment } from './environment.ts'
import type { Store } from './store.ts'

/** What happened to a record in a transaction. */
export interface Change {
  readonly model: string
  readonly id: number
  readonly trigger: 'on_create_or_write' | 'on_unlink'
}

/** How long Odoo waits for an answer, in ms. It sends nothing again. */
const TIMEOUT_MS = 1_000

/** A change is told again for each computed field that is written after it: seen eight times for one new partner. */
const REPEATS = 3

/** The request of a webhook action: no signature, no header of one's own, the keys in order. */
export const hookRequest = (url: string, { model, id, trigger }: Change, action = 1): SimulatedDelivery => {
  const name = trigger === 'on_unlink' ? 'deleted' : 'changed'
  const body = JSON.stringify({ _action: `${model} ${name}(#${action})`, _id: id, _model: model })
  const headers = { 'content-type': 'application/json', 'user-agent': 'python-requests/2.28.1' }
  return { method: 'POST', url, headers, body: Buffer.from(body) }
}

/** Where the rules of a database send a change to, after its transaction. */
const addressesFor = (store: Store, { model, trigger }: Change): readonly string[] => {
  const rules = [...store.table('base.automation')].filter(
    ([, rule]) =>
      rule['active'] !== false &&
      rule['trigger'] === trigger &&
      store.table('ir.model').get(Number(rule['model_id']))?.['model'] === model,
  )
  return rules.flatMap(([rule]) =>
    [...store.table('ir.actions.server').values()].flatMap((action) =>
      action['base_automation_id'] === rule && action['state'] === 'webhook' ? [String(action['webhook_url'])] : [],
    ),
  )
}

/** Sends the hints of a transaction that was committed, and forgets them whatever becomes of them. */
export const sendHooks = (store: Store, { changes }: Pick<Environment, 'changes'>, told: string | undefined): void => {
  for (const change of changes) {
    const addresses = [...addressesFor(store, change), ...(told === undefined ? [] : [told])]
    const times = change.trigger === 'on_unlink' ? 1 : REPEATS
    for (const url of addresses) for (let time = 0; time < times; time += 1) post(hookRequest(url, change))
  }
}

const post = ({ url, headers, body }: SimulatedDelivery): void => {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  fetch(url, { method: 'POST', headers, body: Buffer.from(body), signal }).catch(() => undefined)
}
