import { mayRead } from './access.ts'
import { ACTIVITY_METHODS } from './activity-methods.ts'
import { type Environment, modelNamed, rowOf } from './environment.ts'
import { LEAD_METHODS } from './lead-methods.ts'
import { load } from './load.ts'
import { postedValues } from './messages.ts'
import { type Method, ofModel, ofRecords } from './method.ts'
import type { FieldDefinition } from './models.ts'
import { accessError, missingError, notAllowed, OdooError, valueError } from './odoo-error.ts'
import { read } from './read.ts'
import { search } from './search.ts'
import type { Values } from './store.ts'
import { create, unlink, write } from './write.ts'

const asList = (value: unknown): readonly Values[] => (Array.isArray(value) ? value : [value]) as readonly Values[]

/** The methods that a client may call, by name. */
export const methodNamed = (env: Environment, model: string, name: string): Method => {
  modelNamed(env, model)
  const isPrivate = name.startsWith('_') || (env.version >= 19 && name === 'exists')
  if (isPrivate)
    throw accessError(
      env.version >= 17
        ? `Private methods (such as '${model}.${name}') cannot be called remotely.`
        : `Private methods (such as ${name}) cannot be called remotely.`,
    )
  const found = SPECIAL[`${model}.${name}`] ?? METHODS[name]
  const isKnown = found !== undefined && !(name === 'has_access' && env.version < 18)
  if (isKnown) return found
  throw new OdooError(
    'builtins.AttributeError',
    env.version >= 17
      ? `The method '${model}.${name}' does not exist`
      : `type object '${model}' has no attribute '${name}'`,
  )
}

const searchRead = (
  env: Environment,
  model: string,
  { domain, fields, offset, limit, order }: Readonly<Record<string, unknown>>,
) => {
  mayRead(env, model)
  return read(env, model, search(env, model, domain, { offset, limit, order }), fields)
}

const METHODS: Readonly<Record<string, Method>> = {
  create: ofModel(['vals_list'], (env, model, { vals_list }) => {
    const ids = create(env, model, asList(vals_list))
    return Array.isArray(vals_list) ? ids : ids[0]
  }),
  write: ofRecords(['vals'], (env, model, ids, { vals }) => write(env, model, ids, vals as Values)),
  unlink: ofRecords([], unlink),
  read: ofRecords(['fields?', 'load?'], (env, model, ids, named) => {
    mayRead(env, model)
    return read(env, model, ids, named['fields'], 'load' in named ? named['load'] : '_classic_read')
  }),
  search: ofModel(['domain', 'offset?', 'limit?', 'order?'], (env, model, { domain, ...options }) =>
    search(env, model, domain, options),
  ),
  search_count: ofModel(['domain', 'limit?'], (env, model, { domain }) => search(env, model, domain).length),
  search_read: ofModel(['domain?', 'fields?', 'offset?', 'limit?', 'order?'], searchRead),
  load: ofModel(['fields', 'data'], (env, model, { fields, data }) =>
    load(env, model, fields as string[], data as unknown[][]),
  ),
  fields_get: ofModel(['allfields?', 'attributes?'], (env, model, { allfields, attributes }) =>
    fieldsGet(env, model, allfields, attributes),
  ),
  name_search: ofModel(['name?', 'domain?', 'operator?', 'limit?'], (env, model, { name = '', limit }) => {
    const ids = search(env, model, [['name', 'ilike', name]], { limit })
    return read(env, model, ids, ['display_name']).map((record) => [record['id'], record['display_name']])
  }),
  ...ACTIVITY_METHODS,
  exists: ofRecords([], (env, model, ids) => ids.filter((id) => rowOf(env, model, id) !== undefined)),
  has_access: ofRecords(['operation'], () => true),
  check_access_rights: ofModel(['operation', 'raise_exception?'], () => true),
  get_external_id: ofRecords([], (env, model, ids) =>
    Object.fromEntries(ids.map((id) => [String(id), externalIdOf(env, model, id)])),
  ),
  message_post: ofRecords(
    [
      'body?',
      'subject?',
      'message_type?',
      'subtype_xmlid?',
      'body_is_html?',
      'date?',
      'message_id?',
      'email_from?',
      'author_id?',
    ],
    (env, model, [id = 0], named) => {
      if (rowOf(env, model, id) === undefined) throw missingError(model, [id], env.uid)
      const [message] = create(env, 'mail.message', [postedValues(env, model, id, named)])
      return env.version >= 17 ? [message] : message
    },
  ),
}

const SPECIAL: Readonly<Record<string, Method>> = {
  ...LEAD_METHODS,
  'res.users.context_get': ofModel([], (env) => ({
    lang: 'en_US',
    tz: rowOf(env, 'res.users', env.uid)?.['tz'] ?? false,
    uid: env.uid,
  })),
  'ir.model.data.create': ofModel(['vals_list'], (env, _, { vals_list }) => {
    if (!env.isAdmin && env.version >= 17) throw notAllowed('create', 'Model Data', 'ir.model.data', ['Access Rights'])
    const ids = asList(vals_list).map((values) => bindByHand(env, values))
    return Array.isArray(vals_list) ? ids : ids[0]
  }),
  'ir.model.data.check_object_reference': ofModel(
    ['module', 'xml_id', 'raise_on_access_error?'],
    (env, _, { module, xml_id, raise_on_access_error }) => {
      const name = `${module}.${xml_id}`
      const found = env.store.externalId(name)
      if (found === undefined) throw valueError(`External ID not found in the system: ${name}`)
      if (search(env, found.model, [['id', '=', found.id]]).length > 0) return [found.model, found.id]
      if (raise_on_access_error === true) throw accessError(`Not enough access rights on the external ID "${name}"`)
      return [found.model, false]
    },
  ),
  'ir.config_parameter.get_param': ofModel(['key'], () => {
    throw notAllowed('access', 'System Parameter', 'ir.config_parameter', ['Role / Administrator'])
  }),
}

const bindByHand = (env: Environment, { module, name, model, res_id }: Values): number => {
  const full = `${module}.${name}`
  if (env.store.externalId(full) !== undefined)
    throw new OdooError(
      'odoo.exceptions.ValidationError',
      `The operation cannot be completed: duplicate key value violates unique constraint "ir_model_data_module_name_uniq_index"\nDETAIL:  Key (module, name)=(${module}, ${name}) already exists.\n`,
    )
  env.store.bindExternalId(full, { model: String(model), id: Number(res_id) })
  return env.store.nextId('ir.model.data')
}

const externalIdOf = (env: Environment, model: string, id: number): string =>
  env.store.externalIdsOf(model, id)[0] ?? ''

const fieldsGet = (env: Environment, model: string, wanted: unknown, attributes: unknown) => {
  const fields = Object.entries(modelNamed(env, model).fields)
  const chosen = Array.isArray(wanted) && wanted.length > 0 ? fields.filter(([name]) => wanted.includes(name)) : fields
  return Object.fromEntries(chosen.map(([name, field]) => [name, describe(field, attributes)]))
}

const describe = (field: FieldDefinition, attributes: unknown): Record<string, unknown> => {
  const isList = field.type === 'one2many' || field.type === 'many2many'
  const isText = field.type === 'char' || field.type === 'text' || field.type === 'html'
  const all = {
    readonly: false,
    required: false,
    searchable: field.store !== false,
    sortable: !isList && field.store !== false,
    store: true,
    ...(isText ? { translate: false } : {}),
    ...field,
  }
  if (!Array.isArray(attributes)) return all
  return Object.fromEntries(Object.entries(all).filter(([name]) => attributes.includes(name)))
}
