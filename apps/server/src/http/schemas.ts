import type { ObjectType } from '@raccordo/core'

/**
 * JSON Schemas of paths, queries and bodies. A `description` is the hint that a refusal shows. Members that are not
 * named are refused. Queries are text, so their numbers are patterns; `queries.ts` reads them.
 */

export const OBJECT_TYPES: readonly ObjectType[] = ['contact', 'company', 'deal', 'activity']
export const MOST_ITEMS = 1_000

type Properties = Readonly<Record<string, object>>

const closed = (properties: Properties, required: readonly string[] = []): object => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})

const text = (maxLength: number, description: string): object => ({
  type: 'string',
  minLength: 1,
  maxLength,
  description,
})
const identifier = (description: string): object => text(512, description)

const objectType = {
  type: 'string',
  enum: OBJECT_TYPES,
  description: 'An object is one of contact, company, deal, activity, in the singular.',
}
const fields = (description: string): object => ({ type: 'object', description })
const objectNames = {
  type: 'array',
  maxItems: 100,
  items: text(200, 'A canonical type or the name of a remote object.'),
  description: 'Canonical types or names of remote objects: ["contact", "deal"].',
}
const workspaceId = text(200, 'The workspace as the host application names it: a string of 1 to 200 characters.')
const connectionId = identifier('The id of a connection.')
const localId = text(255, "The record's id in the host application: a string of 1 to 255 characters.")
const externalId = identifier("The record's id in the CRM: a string of 1 to 512 characters.")
const name = text(200, 'A string of 1 to 200 characters.')
const credentials = fields('An object, as the provider asks for it: GET /crm/providers.')
const settings = fields('An object that fits the settings schema of the provider: GET /crm/providers.')
const enabled = { type: 'boolean', description: 'true lets it work by itself, false switches it off.' }

const after = text(2_048, 'The opaque cursor that an earlier page gave as next.')
const limit = { type: 'string', pattern: '^(?:[1-9][0-9]{0,2}|1000)$', description: 'A number from 1 to 1000.' }
const wait = { type: 'string', pattern: '^(?:[0-5]?[0-9]|60)$', description: 'Seconds from 0 to 60.' }
const flag = { type: 'string', enum: ['true', 'false'], description: 'true or false.' }

export const objectParams = { type: 'object', properties: { object: objectType } }

export const noQuery = closed({})
export const noBody = closed({})
export const healthQuery = closed({ provider: text(100, 'The id of a provider.') })
export const connectionsQuery = closed({ workspaceId, after, limit })
export const feedQuery = closed({ after, limit, wait })
export const findQuery = closed({
  workspaceId,
  email: text(320, 'An e-mail address.'),
  phone_e164: text(32, 'A phone number in E.164: +390612345678, with + written as %2B in a URL.'),
  localId,
})
export const linksQuery = closed({ object: objectType, localId, externalId, after, limit })
export const waitQuery = closed({ wait })
export const deadLettersQuery = closed({
  connectionId,
  workspaceId,
  object: objectType,
  kind: text(64, 'An error kind, remote_deleted or ambiguous.'),
  replayed: flag,
  after,
  limit,
})

export const newConnection = closed(
  {
    workspaceId,
    provider: text(100, 'The id of an installed provider: GET /crm/providers.'),
    name,
    settings,
    credentials,
    objects: objectNames,
    enabled,
  },
  ['workspaceId', 'provider', 'settings'],
)
export const connectionChange = {
  ...closed({ name, settings, credentials, objects: objectNames, enabled }),
  minProperties: 1,
  description: 'Give at least one of name, settings, credentials, objects, enabled.',
}
export const signInStart = closed({
  workspaceId,
  connectionId,
  name,
  settings,
  credentials: closed({
    clientId: text(512, 'The id of an OAuth app of your own.'),
    clientSecret: text(512, 'The secret of an OAuth app of your own.'),
  }),
  objects: objectNames,
  enabled,
  returnUrl: text(2_048, 'An address of this server, or of an origin that CRM_RETURN_ORIGINS names.'),
})
export const validateBody = closed({ credentials })
export const runBody = closed({ objects: objectNames })
export const sweepBody = closed({
  objects: objectNames,
  force: { type: 'boolean', description: 'true deletes even where more is gone than the brake lets pass.' },
})
export const mappingBody = fields('A mapping: { "version": 1, "objects": { … } }.')

export const linkBody = closed(
  { object: objectType, localId, externalId, kind: text(200, 'The name of the remote object.') },
  ['object', 'localId', 'externalId'],
)

export const pushItem = closed(
  {
    object: objectType,
    localId,
    data: fields('The canonical members to write: absent stays, null clears.'),
    links: {
      type: 'array',
      maxItems: 100,
      items: closed({ object: objectType, externalId }, ['object', 'externalId']),
      description: 'Records of the CRM that this one belongs to: [{ "object": "contact", "externalId": "…" }].',
    },
  },
  ['object', 'localId', 'data'],
)
export const pushBatch = closed({ items: { type: 'array', items: pushItem, description: 'Up to 1,000 items.' } }, [
  'items',
])

export const callBody = closed(
  {
    method: { type: 'string', enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] },
    path: {
      type: 'string',
      maxLength: 8_192,
      pattern: '^/(?![/\\\\])',
      description: 'A path under the base address of the CRM, with a leading slash: "/contacts/1".',
    },
    query: {
      type: 'object',
      additionalProperties: { anyOf: [{ type: 'string' }, { type: 'number' }] },
      description: 'Text and numbers by name.',
    },
    headers: { type: 'object', additionalProperties: { type: 'string' }, description: 'Text by name.' },
    body: {},
    idempotent: { type: 'boolean', description: 'true where repeating the call can do no harm.' },
    timeoutMs: { type: 'integer', minimum: 1, maximum: 120_000, description: 'Milliseconds from 1 to 120000.' },
  },
  ['path'],
)

export const replayFilter = closed({
  connectionId,
  workspaceId,
  object: objectType,
  kind: text(64, 'An error kind, remote_deleted or ambiguous.'),
})

const flagKey = {
  provider: text(100, 'The id of an installed provider, or *.'),
  object: text(200, 'A canonical type, the name of a remote object, or *.'),
  direction: { type: 'string', enum: ['pull', 'push', '*'], description: 'One of pull, push and *.' },
}
export const workspaceParams = { type: 'object', properties: { workspaceId } }
export const flagBody = closed(
  { ...flagKey, enabled: { type: 'boolean', description: 'true switches on, false switches off.' } },
  ['enabled'],
)
export const flagQuery = closed(flagKey)

export const newKey = closed({ name, workspaceId }, ['name'])
