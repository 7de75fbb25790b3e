import { Ajv } from 'ajv'
import { type AnyProvider, type AnySettings, factOf } from './provider.ts'

const TEXT = { type: 'string', minLength: 1 }
const COUNT = { type: 'integer', minimum: 1 }
const MS = { type: 'integer', minimum: 0 }
const TYPES = ['contact', 'company', 'deal', 'activity']

const RATE = {
  type: 'object',
  required: ['requests', 'perMs'],
  properties: {
    requests: { type: 'number', exclusiveMinimum: 0 },
    perMs: COUNT,
    shared: { const: 'account' },
    resets: { enum: ['rolling', 'account-midnight'] },
  },
}
const LIMITS = {
  type: 'object',
  required: ['rates', 'parallel', 'page', 'read', 'write'],
  properties: {
    rates: { type: 'array', items: RATE },
    parallel: { type: 'array', items: { type: 'object', required: ['max'], properties: { max: COUNT } } },
    page: COUNT,
    read: COUNT,
    write: COUNT,
    fields: COUNT,
  },
}
const ORDER = {
  type: 'object',
  required: ['field', 'precision', 'lateMs'],
  properties: {
    field: TEXT,
    precision: { enum: ['ms', 's'] },
    lateMs: { type: 'object', required: ['usual', 'worst'], properties: { usual: MS, worst: MS } },
  },
}
const OBJECT = {
  type: 'object',
  required: ['type', 'name', 'paging'],
  properties: {
    type: { enum: TYPES },
    name: TEXT,
    paging: { enum: ['keyset', 'offset'] },
    onByDefault: { type: 'boolean' },
    order: ORDER,
    aliases: { type: 'object', additionalProperties: TEXT },
    holds: { type: 'object', additionalProperties: { type: 'array', minItems: 1, items: TEXT } },
  },
}
const OAUTH2 = {
  type: 'object',
  required: ['authorizeUrl', 'tokenUrl', 'scopes'],
  properties: {
    authorizeUrl: { type: 'string', pattern: '^https?://' },
    tokenUrl: { type: 'string', pattern: '^https?://' },
    scopes: { type: 'object', required: ['base'], additionalProperties: { type: 'array', items: TEXT } },
  },
}

/** The part of a provider that is data, as a JSON Schema: what is a fact must be there and make sense. */
export const PROVIDER_SCHEMA = {
  type: 'object',
  required: ['contract', 'id', 'title', 'settings', 'auth', 'api', 'objects', 'mapping'],
  properties: {
    contract: { const: 1 },
    id: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' },
    title: TEXT,
    settings: { type: 'object', required: ['type'], properties: { type: { const: 'object' } } },
    auth: { type: 'object', minProperties: 1, properties: { oauth2: OAUTH2 } },
    api: {
      type: 'object',
      required: ['baseUrl', 'limits', 'settleMs'],
      properties: { baseUrl: { type: 'string', pattern: '^https?://' }, limits: LIMITS, settleMs: MS },
    },
    objects: { type: 'array', minItems: 1, items: OBJECT },
    mapping: { type: 'object', required: ['version', 'objects'] },
  },
}

/** Everything that is wrong with the data of a provider, for the settings of one connection. */
export const dataFaults = (provider: AnyProvider, settings: AnySettings): readonly string[] => {
  const ajv = new Ajv({ allErrors: true, strict: false })
  const validate = ajv.compile(PROVIDER_SCHEMA)
  if (validate(dataOf(provider, settings))) return []
  return (validate.errors ?? []).map((error) => `${error.instancePath || '/'} ${error.message}`)
}

const dataOf = (provider: AnyProvider, settings: AnySettings): unknown => {
  const { auth, api } = provider
  const oauth2 = auth.oauth2 && {
    ...auth.oauth2,
    authorizeUrl: factOf(auth.oauth2.authorizeUrl, settings),
    tokenUrl: factOf(auth.oauth2.tokenUrl, settings),
  }
  return {
    ...provider,
    auth: { ...auth, ...(oauth2 === undefined ? {} : { oauth2 }) },
    api: { ...api, baseUrl: factOf(api.baseUrl, settings), limits: factOf(api.limits, settings) },
    objects: provider.objects.map((object) => ({
      ...object,
      ...(object.order === undefined ? {} : { order: factOf(object.order, settings) }),
    })),
  }
}
