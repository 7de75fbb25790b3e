import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/contract.ts'
import { isCrmError } from '../../src/errors.ts'
import { compileMapping, type MappingSpec, validateMapping } from '../../src/mapping/index.ts'
import { text } from './one-rule.ts'

const contact = (members: Json) => ({ version: 1, objects: { contact: members } })
const field = (name: string, rule: Json) => contact({ fields: { [name]: rule } })

describe('a bad mapping', () => {
  it.each<[Json, string, RegExp, RegExp]>([
    ['text', '', /wrong type/, /object/],
    [{ objects: {} }, '', /"version" is missing/, /"version": 1/],
    [{ version: 1 }, '', /"objects" is missing/, /Add/],
    [{ version: 2, objects: {} }, '/version', /2 is not supported/, /Write 1/],
    [{ version: 1, objects: {}, object: {} }, '/object', /not known here/, /"objects"/],
    [{ version: 1, objects: { contacts: {} } }, '/objects/contacts', /not known here/, /Did you mean "contact"/],
    [contact({ field: {} }), '/objects/contact/field', /not known here/, /Did you mean "fields"/],
    [
      contact({ ownership: { email: 'host' } }),
      '/objects/contact/ownership/email',
      /"host" is not one/,
      /crm, app, merge/,
    ],
    [contact({ ownership: { emial: 'crm' } }), '/objects/contact/ownership/emial', /no field/, /"email"/],
    [contact({ key: 5 }), '/objects/contact/key', /wrong type/, /string or list/],
    [contact({ key: 'email', fields: { title: 'job' } }), '/objects/contact/key', /no mapped field/, /title/],
    [
      contact({ key: 'email', fields: { email: { constant: 'a@b.it' } } }),
      '/objects/contact/key',
      /no remote field/,
      /from/,
    ],
    [
      contact({ custom: { email: 'text' } }),
      '/objects/contact/custom/email',
      /canonical model already/,
      /another name/,
    ],
    [
      contact({ custom: { 'My Field': 'text' } }),
      '/objects/contact/custom/My Field',
      /no name for a field/,
      /lower-case/,
    ],
    [contact({ custom: { vip: 'bool' } }), '/objects/contact/custom/vip', /"bool" is not one/, /"boolean"/],
    [contact({ when: { equals: [1, 1] } }), '/objects/contact/when/equals', /no operator/, /Known/],
    [contact({ when: { log: 'x' } }), '/objects/contact/when/log', /no operator/, /Known/],
    [
      contact({ when: { '==': [{ var: 'a' }, { vra: 'b' }] } }),
      '/objects/contact/when/==/1/vra',
      /no operator/,
      /Did you mean "var"/,
    ],
    [contact({ when: { '==': [1, 1], '!=': [1, 2] } }), '/objects/contact/when', /one operator, this one has 2/, /and/],
    [contact({ when: { var: '' } }), '/objects/contact/when/var', /constant name/, /text/],
    [contact({ when: { var: { cat: ['a', 'b'] } } }), '/objects/contact/when/var', /constant name/, /text/],
    [field('email', 5), '/objects/contact/fields/email', /5 is of the wrong type/, /string or object or null/],
    [
      field('emial', 'email'),
      '/objects/contact/fields/emial',
      /no field "emial"/,
      /Did you mean "email".*needs a "type"/,
    ],
    [field('email', 'a||b'), '/objects/contact/fields/email', /missing \(at character 3\)/, /each "\|"/],
    [field('email', { from: 'a *x' }), '/objects/contact/fields/email/from', /no scale/, /\*100/],
    [field('email', { form: 'a' }), '/objects/contact/fields/email/form', /not known here/, /Did you mean "from"/],
    [field('email', {}), '/objects/contact/fields/email', /where the value comes from/, /"from"/],
    [
      field('email', { from: 'a', transform: 'lowr' }),
      '/objects/contact/fields/email/transform',
      /"lowr"/,
      /Did you mean "lower"/,
    ],
    [
      field('email', { from: 'a', transform: ['trim', 'uper'] }),
      '/objects/contact/fields/email/transform/1',
      /"uper"/,
      /lower/,
    ],
    [
      field('email', { from: 'a', transform: 'boolean' }),
      '/objects/contact/fields/email/transform',
      /gives boolean/,
      /type of the field/,
    ],
    [field('email', { from: 'a', as: 'sql' }), '/objects/contact/fields/email/as', /cannot write as "sql"/, /none/],
    [
      field('email', { push: { var: 'email' } }),
      '/objects/contact/fields/email/push',
      /which field it writes/,
      /"from"/,
    ],
    [
      field('email', { from: 'a', pull: { var: 'a' } }),
      '/objects/contact/fields/email/pull',
      /no "push"/,
      /Add "push"/,
    ],
    [
      field('email', { from: 'a', push: { var: 'mail' } }),
      '/objects/contact/fields/email/push',
      /"mail" is none/,
      /Did you mean "email"/,
    ],
    [
      field('email', { constant: 'a@b.it', pull: 1 }),
      '/objects/contact/fields/email/constant',
      /not computed/,
      /either/,
    ],
    [field('email', { constant: 7 }), '/objects/contact/fields/email/constant', /e-mail/, /name@/],
    [
      field('email', { from: 'a', reference: 'company' }),
      '/objects/contact/fields/email/reference',
      /no reference/,
      /company_id/,
    ],
    [
      field('company_id', { from: 'a', reference: 'deal' }),
      '/objects/contact/fields/company_id/reference',
      /refers to a company/,
      /"company"/,
    ],
    [
      field('company_id', { from: 'a', lookup: 't' }),
      '/objects/contact/fields/company_id/lookup',
      /no transform/,
      /out/,
    ],
    [field('phone_e164', 'name (first part)'), '/objects/contact/fields/phone_e164', /are text/, /first part/],
    [
      field('phone_e164', { from: 'a', country: 'contry_iso' }),
      '/objects/contact/fields/phone_e164/country',
      /no mapped field/,
      /phone_e164/,
    ],
    [
      field('phone_e164', { from: 'a', defaultCountry: 'Italy' }),
      '/objects/contact/fields/phone_e164/defaultCountry',
      /no country/,
      /IT/,
    ],
    [
      field('since', { from: 'a', type: 'date', zone: 'Rome' }),
      '/objects/contact/fields/since/zone',
      /no time zone/,
      /Europe\/Rome/,
    ],
    [
      field('email', { from: 'a', type: 'text' }),
      '/objects/contact/fields/email/type',
      /email in the canonical model/,
      /own/,
    ],
    [
      field('My Field', { from: 'a', type: 'text' }),
      '/objects/contact/fields/My Field',
      /no name for a field/,
      /lower-case/,
    ],
    [
      field('worth', { from: 'a *1000', type: 'money' }),
      '/objects/contact/fields/worth',
      /"\*1000" does not fit money/,
      /\*100/,
    ],
    [field('title', { from: 'a', scale: -1 }), '/objects/contact/fields/title/scale', /must be > 0/, /Correct/],
  ])('%j has one fault, with pointer and remedy', (spec, pointer, message, remedy) => {
    expect(validateMapping(spec)).toEqual([
      { pointer, message: expect.stringMatching(message), remedy: expect.stringMatching(remedy) },
    ])
  })

  it('checks picklist values against the closed set of the field', () => {
    const spec = {
      version: 1,
      objects: { activity: { fields: { outcome: { from: 'a', picklist: { x: 'connected', y: 'answered' } } } } },
    }
    expect(validateMapping(spec)).toMatchObject([
      { pointer: '/objects/activity/fields/outcome/picklist/y', remedy: expect.stringContaining('no_answer') },
    ])
  })

  it('is told with all faults at once, each where it stands', () => {
    const spec = contact({ key: 'name', fields: { email: 'a||b', titel: 'x' }, when: { nope: 1 } })
    expect(validateMapping(spec).map(({ pointer }) => pointer)).toEqual([
      '/objects/contact/fields/email',
      '/objects/contact/fields/titel',
      '/objects/contact/key',
      '/objects/contact/when/nope',
    ])
  })

  it('in a kind is told once, at the kind', () => {
    const spec = {
      version: 1,
      objects: {
        activity: { fields: { subject: 'a' }, kinds: { calls: { fields: { kind: { constant: 'ring' } } }, notes: {} } },
      },
    }
    expect(validateMapping(spec)).toMatchObject([{ pointer: '/objects/activity/kinds/calls/fields/kind/constant' }])
  })

  it('escapes names in pointers', () => {
    expect(validateMapping(field('a/b~c', 'x'))).toMatchObject([{ pointer: '/objects/contact/fields/a~1b~0c' }])
  })

  it('never makes the checker throw', () => {
    for (const spec of [
      null,
      undefined,
      1,
      [],
      { version: 1, objects: { contact: null } },
      { version: 1, objects: [] },
    ]) {
      expect(validateMapping(spec).length).toBeGreaterThan(0)
    }
  })

  it('is refused by the compiler with the same faults, as invalid', () => {
    const spec = field('email', 'a||b') as unknown as MappingSpec
    const compile = () => compileMapping({ spec, object: { type: 'contact', name: 'c' }, fields: undefined })
    expect(compile).toThrow(/cannot work: A field name is missing .* at \/objects\/contact\/fields\/email/)
    try {
      compile()
    } catch (error) {
      expect(isCrmError(error) && error.kind === 'invalid' && error.faults).toEqual(validateMapping(spec))
    }
  })
})

describe('a sound mapping that cannot work on an object', () => {
  const compile = (members: object, names: readonly string[]) =>
    compileMapping({
      spec: { version: 1, objects: { contact: members } },
      object: { type: 'contact', name: 'people' },
      fields: names.map((name) => text(name)),
    })

  it('is refused where its condition reads a field that is not there', () => {
    expect(() => compile({ when: { '!=': [{ var: 'stage' }, 'spam'] } }, ['email'])).toThrow(/reads "stage".*\/when/)
  })

  it('is refused where it does not speak of the type', () => {
    const spec: MappingSpec = { version: 1, objects: {} }
    expect(() => compileMapping({ spec, object: { type: 'deal', name: 'd' }, fields: undefined })).toThrow(
      /maps no deal/,
    )
  })

  it('is refused where the key is only a part of a field', () => {
    const members = { key: 'first_name', fields: { first_name: 'name (first part)', last_name: 'name (last part)' } }
    expect(() => compile(members, ['name'])).toThrow(/No key of "first_name" has a whole field/)
  })
})
