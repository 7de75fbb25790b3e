import { OPERATIONS } from './capabilities.ts'

const fn = { isFunction: true }
const count = { type: 'integer', minimum: 1 }
const words = { type: 'array', items: { type: 'string', minLength: 1 } }
const text = { type: 'string', minLength: 1 }
const objectType = { enum: ['contact', 'company', 'deal', 'activity'] }
/** A value, or a function of the connection's settings. */
const of = (schema: object): object => ({ if: fn, else: schema })
/** Unknown members are refused: a misspelt operation would silently be a missing capability. */
const exactly = (properties: Record<string, object>, required: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

const rate = exactly(
  {
    requests: count,
    perMs: count,
    when: fn,
    cost: fn,
    shared: { const: 'account' },
    resets: { enum: ['rolling', 'account-midnight'] },
  },
  ['requests', 'perMs'],
)
const limits = exactly(
  {
    rates: { type: 'array', items: rate },
    parallel: { type: 'array', items: exactly({ max: count, when: fn, shared: { const: 'account' } }, ['max']) },
    page: count,
    read: count,
    write: count,
    fields: count,
  },
  ['rates', 'parallel', 'page', 'read', 'write'],
)
const order = exactly(
  {
    field: text,
    precision: { enum: ['ms', 's'] },
    lateMs: exactly({ usual: { type: 'number', minimum: 0 }, worst: { type: 'number', minimum: 0 } }, [
      'usual',
      'worst',
    ]),
  },
  ['field', 'precision', 'lateMs'],
)
const oauth2 = exactly(
  {
    authorizeUrl: of(text),
    tokenUrl: of(text),
    authorizeParams: { type: 'object', additionalProperties: { type: 'string' } },
    scopes: exactly({ base: words, contact: words, company: words, deal: words, activity: words }, ['base']),
    scopeSeparator: { type: 'string' },
    pkce: { type: 'boolean' },
    prefix: { type: 'string' },
    fromRedirect: fn,
    fromToken: fn,
    refused: fn,
  },
  ['authorizeUrl', 'tokenUrl', 'scopes'],
)
const deleted = exactly({ scope: { enum: ['window', 'full'] }, page: fn }, ['scope', 'page'])
const operations = Object.fromEntries(OPERATIONS.map((name) => [name, name === 'deleted' ? deleted : fn]))
const remoteObject = {
  ...exactly(
    {
      type: objectType,
      name: text,
      holds: { type: 'object', additionalProperties: words },
      onByDefault: { type: 'boolean' },
      scopes: words,
      order: of(order),
      paging: { enum: ['keyset', 'offset'] },
      aliases: { type: 'object', additionalProperties: text },
      ...operations,
    },
    ['type', 'name', 'paging'],
  ),
  anyOf: OPERATIONS.map((name) => ({ required: [name] })),
}

/** The shape of contract.ts as a JSON Schema; `isFunction` is a keyword of our own. */
export const PROVIDER_SHAPE = exactly(
  {
    contract: { const: 1 },
    id: text,
    title: text,
    settings: { type: 'object' },
    auth: {
      ...exactly({
        oauth2,
        apiKey: exactly({ header: text, prefix: { type: 'string' } }),
        password: { type: 'object' },
        session: fn,
      }),
      anyOf: ['oauth2', 'apiKey', 'password'].map((kind) => ({ required: [kind] })),
    },
    api: exactly(
      {
        baseUrl: of(text),
        limits: of(limits),
        settleMs: { type: 'number', minimum: 0 },
        classify: fn,
        budget: fn,
      },
      ['baseUrl', 'limits', 'settleMs'],
    ),
    probe: fn,
    objects: { type: 'array', minItems: 1, items: remoteObject },
    lookups: { type: 'object', additionalProperties: exactly({ list: fn }, ['list']) },
    webhooks: exactly(
      {
        secret: { enum: ['client', 'connection'] },
        verify: fn,
        parse: fn,
        subscribe: fn,
        unsubscribe: fn,
        address: fn,
      },
      ['secret', 'verify', 'parse'],
    ),
    mapping: { type: 'object' },
  },
  ['contract', 'id', 'title', 'settings', 'auth', 'api', 'probe', 'objects', 'mapping'],
)
