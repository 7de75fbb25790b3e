import type { Channel } from './channel.ts'
import { type Change, type Org, userWithId } from './org.ts'
import { MODULE_NAMES, type ModuleName } from './schema.ts'
import { isRelation, shownValue } from './values.ts'
import { resourceUri } from './watch.ts'

/** One message to one channel. */
export interface Callback {
  readonly url: string
  readonly body: object
}

const WORD_OF = { insert: 'create', update: 'edit', delete: 'delete' } as const

/** The messages that tell a channel of changes: one for each module and operation, with several ids. */
export const callbacksFor = (
  org: Org,
  channel: Channel,
  changes: readonly Change[],
  atMs: number,
): readonly Callback[] => {
  const told = [...changes, ...(channel.tellsRelated ? relatedChanges(org, changes) : [])].filter((change) => {
    const words = channel.events.get(change.module)
    if (words === undefined || !(words.has('all') || words.has(WORD_OF[change.operation]))) return false
    return channel.fields.length === 0 || change.fields.some((field) => channel.fields.includes(field))
  })
  const groups = Map.groupBy(told, ({ module, operation }) => `${module} ${operation}`)
  return [...groups.values()].map((group) => ({ url: channel.notifyUrl, body: bodyOf(org, channel, group, atMs) }))
}

/** An account is told of whenever one of its contacts changes, and both whenever something is logged on them. */
const relatedChanges = (org: Org, changes: readonly Change[]): readonly Change[] => {
  const own = new Set(changes.map(({ id }) => id))
  const related = changes.flatMap(({ module, id }) => {
    const record = org.tables[module].get(id) ?? org.tables[module].deleted.get(id)?.record
    return Object.values(record?.values ?? {}).filter(isRelation)
  })
  return [...new Map(related.map((relation) => [relation.id, relation])).values()]
    .filter(({ module, id }) => !own.has(id) && org.tables[module].get(id) !== undefined)
    .map(({ module, id }) => ({ module, id, operation: 'update', fields: [], hiddenMs: 0 }))
}

const bodyOf = (org: Org, channel: Channel, group: readonly Change[], atMs: number): object => {
  const [first] = group
  const operation = first?.operation ?? 'update'
  const module = first?.module ?? 'Contacts'
  return callbackBody({
    atMs,
    module,
    operation,
    ids: [...new Set(group.map(({ id }) => id))],
    channelId: channel.id,
    token: channel.token,
    url: channel.notifyUrl,
    affectedFields: operation === 'insert' ? [] : group.map(({ id, fields }) => ({ [id]: fields })),
    ...(channel.showsValues
      ? { affectedValues: group.map((change) => ({ record_id: change.id, values: valuesOf(org, change) })) }
      : {}),
  })
}

const valuesOf = (org: Org, { module, id, operation, fields }: Change): object => {
  const record = org.tables[module].get(id)
  if (operation === 'delete' || record === undefined) {
    const deletedBy = userWithId(org, org.tables[module].deleted.get(id)?.deletedBy ?? '') ?? org.me
    const name = `${deletedBy.firstName} ${deletedBy.lastName}`
    return { Modified_By: { name, id: deletedBy.id }, Record_Status__s: 'Trash' }
  }
  return Object.fromEntries(fields.map((name) => [name, shownValue(org, module, record, name)]))
}

/** A message as Zoho sends it: no signature, only the token that the client had chosen. */
export const callbackBody = (told: {
  readonly atMs: number
  readonly module: ModuleName
  readonly operation: Change['operation']
  readonly ids: readonly string[]
  readonly channelId: string
  readonly token: string | null
  readonly url: string
  readonly affectedFields: readonly object[]
  readonly affectedValues?: readonly object[]
}): object => ({
  server_time: told.atMs,
  ...(told.affectedValues === undefined ? {} : { affected_values: told.affectedValues }),
  query_params: Object.fromEntries(new URL(told.url).searchParams),
  module: told.module,
  resource_uri: resourceUri(told.module),
  ids: told.ids,
  affected_fields: told.affectedFields,
  operation: told.operation,
  channel_id: told.channelId,
  token: told.token,
})

/** The module of a record, wherever it is. */
export const moduleOfId = (org: Org, id: string): ModuleName | undefined =>
  MODULE_NAMES.find((name) => org.tables[name].get(id) !== undefined || org.tables[name].deleted.has(id))
