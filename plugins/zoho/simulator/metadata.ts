import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { missingParameter, refuse } from './failures.ts'
import { currenciesOf, type Org } from './org.ts'
import { requireModule } from './request-parts.ts'
import { type FieldDefinition, MODULE_NAMES, MODULES, type ModuleName, PIPELINES } from './schema.ts'
import { moduleId } from './values.ts'

const JSON_TYPES: Readonly<Record<string, string>> = {
  integer: 'integer',
  double: 'double',
  currency: 'double',
  boolean: 'boolean',
  lookup: 'jsonobject',
  multi_module_lookup: 'jsonobject',
  ownerlookup: 'jsonobject',
  tags: 'jsonarray',
  participants: 'jsonarray',
  RRULE: 'jsonobject',
  ALARM: 'jsonobject',
}
const LAYOUT_OFFSET = 1_000n

/** What the organisation says of its modules, fields, layouts and pipelines. */
export const metadataHandlers = (org: Org) => ({
  modules: (): SimulatorReply => ({ body: { modules: MODULE_NAMES.map(moduleBody) } }),
  module: (request: SimulatorRequest): SimulatorReply => ({
    body: { modules: [moduleBody(requireModule(org, request.params['module']))] },
  }),
  fields: (request: SimulatorRequest): SimulatorReply => {
    const module = moduleAsked(org, request)
    return { body: { fields: [...org.fields[module]].map(([name, field]) => fieldBody(org, module, name, field)) } }
  },
  layouts: (request: SimulatorRequest): SimulatorReply => {
    const module = moduleAsked(org, request)
    const fields = [...org.fields[module]].map(([name, field]) => ({
      ...fieldBody(org, module, name, field),
      required: field.required === true,
    }))
    const section = {
      display_label: `${MODULES[module].singular} Information`,
      api_name: 'Information',
      sequence_number: 1,
      fields,
    }
    const layout = {
      id: layoutId(module),
      name: 'Standard',
      api_name: 'Standard',
      display_label: 'Standard',
      status: 'active',
      visible: true,
      source: 'crm',
      sections: [section],
    }
    return { body: { layouts: [layout] } }
  },
  pipelines: (request: SimulatorRequest): SimulatorReply => {
    const asked = request.query.get('layout_id')
    if (asked === null) throw missingParameter('layout_id')
    if (asked !== layoutId('Deals'))
      throw refuse(400, 'INVALID_DATA', 'the id given seems to be invalid', { param_name: 'layout_id' })
    return {
      body: {
        pipeline: Object.entries(PIPELINES).map(([name, stages], index) => ({
          display_value: name,
          actual_value: name,
          default: index === 0,
          id: String(BigInt(layoutId('Deals')) + BigInt(index + 1) * 100n),
          maps: stages.map(([stage, forecast], place) => ({
            id: stageId(stage),
            display_value: stage,
            actual_value: stage,
            sequence_number: place + 1,
            colour_code: null,
            forecast_type: forecast,
            forecast_category: {
              name: forecast === 'Open' ? 'Pipeline' : forecast.replace('Closed ', ''),
              id: stageId(forecast),
            },
            delete: false,
          })),
        })),
      },
    }
  },
})

const moduleAsked = (org: Org, request: SimulatorRequest): ModuleName => {
  const name = request.query.get('module')
  if (name === null) throw missingParameter('module')
  return requireModule(org, name)
}

export const layoutId = (module: ModuleName): string => String(BigInt(moduleId(module)) + LAYOUT_OFFSET)

const stageId = (stage: string): string => {
  const stages = Object.values(PIPELINES).flatMap((list) => list.map(([name]) => name))
  return String(5_725_767_000_000_006_801n + BigInt(Math.max(0, stages.indexOf(stage)) * 3))
}

const moduleBody = (module: ModuleName): object => ({
  id: moduleId(module),
  api_name: module,
  module_name: module,
  singular_label: MODULES[module].singular,
  plural_label: module === 'Events' ? 'Meetings' : module,
  api_supported: true,
  visible: true,
  viewable: true,
  creatable: true,
  editable: true,
  deletable: true,
  convertable: module === 'Leads',
  generated_type: 'default',
  profiles: [],
})

const fieldBody = (org: Org, module: ModuleName, name: string, field: FieldDefinition): object => {
  const isWritable = field.readOnly !== true
  const options = name === 'Currency' ? currenciesOf(org).map(({ iso }) => iso) : (field.options ?? [])
  return {
    id: fieldId(org, module, name),
    api_name: name,
    field_label: labelOf(name),
    display_label: labelOf(name),
    data_type: DATA_TYPES[field.type] ?? field.type,
    json_type: JSON_TYPES[field.type] ?? 'string',
    length: field.length ?? 120,
    system_mandatory: field.required === true,
    read_only: !isWritable,
    field_read_only: !isWritable,
    visible: true,
    custom_field: field.custom === true,
    unique: field.unique === true ? { casesensitive: 'false' } : {},
    pick_list_values: options.map((option, index) => ({
      id: String(BigInt(fieldId(org, module, name)) + BigInt(index + 1)),
      display_value: option,
      actual_value: option,
      reference_value: option,
      sequence_number: index + 1,
      type: 'used',
    })),
    lookup:
      field.module === undefined
        ? {}
        : {
            display_label: labelOf(name),
            api_name: module,
            module: { api_name: field.module, id: moduleId(field.module) },
            id: fieldId(org, module, name),
          },
    multi_module_lookup: {},
    multiselectlookup: {},
    formula: {},
    currency: field.type === 'currency' ? { precision: 2, rounding_option: 'normal' } : {},
    auto_number: {},
    decimal_place: field.type === 'currency' || field.type === 'double' ? 2 : null,
    operation_type: { web_create: isWritable, web_update: isWritable, api_create: isWritable, api_update: isWritable },
    view_type: { view: true, edit: isWritable, quick_create: false, create: isWritable },
    filterable: true,
    sortable: true,
    searchable: true,
    webhook: true,
    created_source: 'default',
    default_value: null,
    tooltip: null,
  }
}

/** Types that this simulator keeps apart and Zoho's metadata does not. */
const DATA_TYPES: Readonly<Record<string, string>> = { tags: 'text', participants: 'bigint' }

const labelOf = (name: string): string => (name === 'id' ? 'Record Id' : name.replace(/__s$/, '').replaceAll('_', ' '))

const fieldId = (org: Org, module: ModuleName, name: string): string =>
  String(BigInt(moduleId(module)) + 100_000n + BigInt([...org.fields[module].keys()].indexOf(name) * 100))
