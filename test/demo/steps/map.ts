import type { Step } from '../journey.ts'
import { connectionOf } from '../journey.ts'

/** The member of `data` that the demo's own rule fills. */
export const OWN_FIELD = 'has_phone'

interface MappingInForce {
  readonly spec: { readonly objects: Readonly<Record<string, { readonly fields?: Readonly<Record<string, unknown>> }>> }
  readonly origins: Readonly<Record<string, string>>
}

/** The words of a rule that say where its value comes from. */
const sourceOf = (rule: unknown): string | undefined => {
  if (typeof rule === 'string') return rule
  const { from } = (rule ?? {}) as { from?: unknown }
  return typeof from === 'string' ? from : undefined
}

const fieldNames = (schema: unknown): readonly string[] =>
  Object.values((schema ?? {}) as Record<string, readonly { name: string }[] | null>).flatMap(
    (fields) => fields?.map(({ name }) => name) ?? [],
  )

/** Of a rule's alternates, the field that this CRM has. */
const fieldBehind = (source: string, names: readonly string[]): string => {
  const alternates = source.split('|').map((each) => each.replace(/\s*[(*].*$/, '').trim())
  return alternates.find((alternate) => names.includes(alternate)) ?? alternates[0] ?? source
}

/** Shows the mapping in force and lays one rule of the connection's own over it: a computed field. */
export const addOwnRule: Step = async (journey, checks) => {
  const { api, print } = journey
  const path = `connections/${connectionOf(journey).id}`
  const before = await api.get<MappingInForce>(`${path}/mapping`)
  const rules = Object.entries(before.spec.objects['contact']?.fields ?? {})
  const sources = rules.flatMap(([name, rule]) => {
    const source = sourceOf(rule)
    return source === undefined ? [] : [`${name} ← ${source}`]
  })
  print.line(`    contact:    ${sources.join(', ')}`)

  const phone = sourceOf(before.spec.objects['contact']?.fields?.['phone_e164']) ?? ''
  const field = fieldBehind(phone, fieldNames(await api.get(`${path}/schema/contact`)))
  const rule = { pull: { '!!': [{ var: field }] }, type: 'boolean' }
  const spec = { version: 1, objects: { contact: { fields: { [OWN_FIELD]: rule } } } }
  const verdict = await api.send<{ ok: boolean; faults: unknown }>('POST', `${path}/mapping/check`, spec)
  checks.equal('The rule passes the check', { ok: true, faults: [] }, verdict)
  await api.send('PUT', `${path}/mapping`, spec)

  const after = await api.get<MappingInForce>(`${path}/mapping`)
  const pointer = `/objects/contact/fields/${OWN_FIELD}`
  checks.equal('The rule is in force', rule, after.spec.objects['contact']?.fields?.[OWN_FIELD])
  checks.equal('It comes from the connection', 'connection', after.origins[pointer])
  checks.equal(
    'The other rules stand as before',
    rules.map(([name]) => before.origins[`/objects/contact/fields/${name}`]),
    rules.map(([name]) => after.origins[`/objects/contact/fields/${name}`]),
  )
  return `${sources.length} fields from the plugin; of this connection's own: ${OWN_FIELD} ← !!${field}`
}
