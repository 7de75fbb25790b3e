import assert from 'node:assert/strict'
import { validateMapping } from '@raccordo/core/mapping'
import { type Fields, isCrmError } from '@raccordo/core/plugin'
import { differingFields } from '../../oracle.ts'
import type { ObjectCheck, ProviderCheck } from '../check.ts'
import { directContext } from '../context.ts'
import { dataFaults } from '../provider-schema.ts'
import { settingsValidator } from '../world.ts'

/** Settings that the engine reads by itself, which a schema may leave out. */
const BASE_SETTINGS = ['apiBaseUrl', 'authBaseUrl', 'limits']

const spoilt = (credentials: Fields): Fields =>
  Object.fromEntries(
    Object.entries(credentials).map(([name, value]) =>
      typeof value === 'string' && name !== 'username' ? [name, `wrong-${value.length}`] : [name, value],
    ),
  )

export const dataChecks: readonly ProviderCheck[] = [
  {
    rule: 'the provider is frozen, and its data is complete and makes sense',
    run: (provider, _options, inWorld) =>
      inWorld(async ({ connection }) => {
        assert(Object.isFrozen(provider), 'make the provider with defineProvider')
        assert.deepEqual(dataFaults(provider, connection.settings), [])
      }),
  },
  {
    rule: 'no two objects have the same name',
    run: async (provider) => {
      const names = provider.objects.map((object) => object.name)
      assert.deepEqual(names, [...new Set(names)])
    },
  },
  {
    rule: 'the settings schema takes the settings of the simulator and refuses none at all where some are required',
    run: (provider, options, inWorld) =>
      inWorld(async ({ simulator }) => {
        const validate = settingsValidator(provider)
        const { properties = {}, required = [] } = provider.settings as {
          readonly properties?: object
          readonly required?: readonly string[]
        }
        const known = ([name]: [string, unknown]) => !BASE_SETTINGS.includes(name) || Object.hasOwn(properties, name)
        const given = { ...simulator.connection.settings, ...options.settings }
        validate(Object.fromEntries(Object.entries(given).filter(known)))
        assert.deepEqual(validate.errors ?? [], [])
        assert.equal(validate({}), required.length === 0)
      }),
  },
  {
    rule: 'mapping.json is valid',
    run: async (provider) => {
      assert.deepEqual(validateMapping(provider.mapping), [])
    },
  },
  {
    rule: 'probe names the account',
    run: (provider, _options, inWorld) =>
      inWorld(async ({ ctx }) => {
        const { id } = await provider.probe(ctx)
        assert.equal(typeof id, 'string')
        assert.notEqual(id.trim(), '')
      }),
  },
  {
    rule: 'wrong credentials end as `auth`',
    run: (provider, _options, inWorld) =>
      inWorld(async ({ connection }) => {
        const attempt = async () => {
          const ctx = await directContext(provider, { ...connection, credentials: spoilt(connection.credentials) })
          await provider.probe(ctx)
        }
        await assert.rejects(attempt, (error) => isCrmError(error) && error.kind === 'auth')
      }),
  },
  {
    rule: 'every lookup table ends, and its rows have an id and a key',
    run: (provider, _options, inWorld) =>
      inWorld(async ({ ctx }) => {
        for (const table of Object.keys(provider.lookups ?? {}))
          for (const row of await ctx.rows(table)) {
            assert.equal(typeof row.id, 'string', `a row of ${table} has no id`)
            assert.equal(typeof row.key, 'string', `row ${row.id} of ${table} has no key`)
          }
      }),
  },
]

export const mappingChecks: readonly ObjectCheck[] = [
  {
    rule: 'each mapped field exists in the CRM',
    needs: ['describe'],
    run: async ({ provider, object, mapping }) => {
      const { objects } = provider.mapping as { readonly objects: Readonly<Record<string, MappedObject>> }
      const { fields = {}, kinds = {} } = objects[object.type] ?? {}
      const wanted = Object.entries({ ...fields, ...kinds[object.name]?.fields }).flatMap(([name, rule]) =>
        rule === null || (typeof rule === 'object' && rule.direction === 'push') ? [] : [name],
      )
      const missing = wanted.filter((name) => !mapping.canonicalFields.includes(name))
      assert.deepEqual(missing, [], mapping.warnings.map(({ message }) => message).join('; '))
    },
  },
  {
    rule: 'canonical values come back as they were from remote ones',
    needs: [],
    run: async ({ sample, remote, canonical }) => {
      const { data } = sample()
      const back = canonical({ id: '1', fields: remote(data).fields })
      assert.deepEqual(differingFields(data, back, Object.keys(data)), [])
    },
  },
]

interface MappedObject {
  readonly fields?: Readonly<Record<string, MappedRule>>
  readonly kinds?: Readonly<Record<string, { readonly fields?: Readonly<Record<string, MappedRule>> }>>
}
type MappedRule = string | null | { readonly direction?: string }
