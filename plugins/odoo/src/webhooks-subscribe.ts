import { type Ctx, type Fields, fail, isCrmError, type ObjectType, type WebhookAddress } from '@raccordo/core/plugin'
import { externalId, loadRows } from './load.ts'
import { majorOf } from './session.ts'
import type { OdooSettings } from './settings.ts'
import { callMethod, searchRead, sessionOf } from './transport.ts'
import { type HookedModel, modelsOf } from './webhook-models.ts'

/** Parameter of the address that holds the secret. */
export const TOKEN = 'token'

/** The address with its secret: the only place that Odoo offers for one. */
export const hookAddress = ({ url, secret }: WebhookAddress): string => {
  const address = new URL(url)
  address.searchParams.set(TOKEN, secret)
  return address.href
}

/** When a rule fires. Odoo tells of a deletion after it has happened. */
const TRIGGERS = { on_create_or_write: 'changed', on_unlink: 'deleted' } as const

interface Rule extends HookedModel {
  readonly trigger: keyof typeof TRIGGERS
  readonly id: string
}

/**
 * Makes an automation rule with a webhook for each model and trigger, once however often it is asked: their external ids
 * are made of the address. Rules of objects that are not wanted any more go. It takes an administrator and the app
 * "Automation Rules"; where either lacks, a person can make the rules by hand.
 */
export const subscribe = async (
  ctx: Ctx<OdooSettings>,
  hook: WebhookAddress & { readonly types: readonly ObjectType[]; readonly objects: readonly string[] },
  previous?: Fields,
): Promise<{ state: Fields }> => {
  const models = modelsOf(hook.objects)
  if (majorOf(sessionOf(ctx).version) < 17) throw byHand('not_found', 'Odoo sends webhooks from version 17 on', models)
  const rules = models.flatMap((model) =>
    (Object.keys(TRIGGERS) as (keyof typeof TRIGGERS)[]).map((trigger): Rule => {
      const name = `${hook.url}-${model.model}-${trigger}`
      return { ...model, trigger, id: externalId('hook', name) }
    }),
  )
  const ids = await loadAll(ctx, 'base.automation', rules.map(ruleRow), models)
  await loadAll(
    ctx,
    'ir.actions.server',
    rules.map((rule) => actionRow(rule, hookAddress(hook))),
    models,
  )
  const former = Array.isArray(previous?.['rules']) ? previous['rules'].map(String) : []
  await remove(
    ctx,
    former.filter((id) => !ids.includes(id)),
  )
  return { state: { rules: ids } }
}

export const unsubscribe = async (ctx: Ctx<OdooSettings>, state: Fields): Promise<void> =>
  remove(ctx, Array.isArray(state['rules']) ? state['rules'].map(String) : [])

const ruleRow = ({ id, model, reference, filter, trigger }: Rule) => ({
  id,
  name: `Raccordo: ${model} ${TRIGGERS[trigger]}`,
  'model_id/id': reference,
  trigger,
  active: '1',
  ...(filter === undefined ? {} : { filter_domain: filter }),
})

const actionRow = ({ id, model, reference, trigger }: Rule, address: string) => ({
  id: `${id}_action`,
  name: `Raccordo: ${model} ${TRIGGERS[trigger]}`,
  'model_id/id': reference,
  state: 'webhook',
  webhook_url: address,
  'base_automation_id/id': id,
})

const loadAll = async (
  ctx: Ctx<OdooSettings>,
  model: string,
  rows: readonly Readonly<Record<string, string>>[],
  models: readonly HookedModel[],
): Promise<readonly string[]> => {
  const outcomes = await loadRows(ctx, model, rows, { idempotent: true }).catch((error: unknown) => {
    if (!isCrmError(error) || error.kind !== 'forbidden') throw error
    // A model that is not there: the app is not installed.
    throw byHand('forbidden', error.message, models)
  })
  return outcomes.map((outcome) => {
    if (outcome.ok) return outcome.remoteId
    throw byHand(outcome.kind === 'forbidden' ? 'forbidden' : 'not_found', outcome.message, models)
  })
}

/** A refusal that says what a person can do instead. The address itself bears the secret, and no error may. */
const byHand = (kind: 'forbidden' | 'not_found', why: string, models: readonly HookedModel[]) =>
  fail(
    kind,
    `${why.split('\n')[0]?.replace(/\.$/, '')}. An administrator can make automation rules by hand, "On create and edit" and "On deletion" for ` +
      `${models.map(({ model }) => model).join(', ')}, with the action "Send Webhook Notification" to this connection's webhook address.`,
  )

const remove = async (ctx: Ctx<OdooSettings>, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return
  const model = 'base.automation'
  const there = await searchRead(ctx, model, { domain: [['id', 'in', ids.map(Number)]], fields: ['id'] })
  if (there.length === 0) return
  await callMethod(ctx, { model, method: 'unlink', ids: there.map(({ id }) => id), idempotent: true })
}
