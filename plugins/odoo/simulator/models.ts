import fields14 from './fields-14.json' with { type: 'json' }
import fields19 from './fields-19.json' with { type: 'json' }

export interface FieldDefinition {
  readonly type: string
  readonly string: string
  readonly required?: boolean
  readonly readonly?: boolean
  readonly relation?: string
  /** Field of the other model that a one2many is the other side of. */
  readonly relation_field?: string
  readonly selection?: readonly (readonly [string, string])[]
  /** False where the field is computed when it is read. */
  readonly store?: boolean
}

export interface Model {
  readonly name: string
  readonly label: string
  readonly order: string
  readonly fields: Readonly<Record<string, FieldDefinition>>
}

const LABELS: Readonly<Record<string, string>> = {
  'res.partner': 'Contact',
  'res.partner.category': 'Partner Tags',
  'mail.message': 'Message',
  'crm.lead': 'Lead',
  'crm.stage': 'Stage',
  'crm.team': 'Sales Team',
  'mail.activity': 'Activity',
  'calendar.event': 'Calendar Event',
  'res.country': 'Country',
  'res.users': 'User',
  'res.company': 'Companies',
  'res.currency': 'Currency',
  'base.automation': 'Automation Rule',
  'ir.actions.server': 'Server Action',
  'ir.model': 'Models',
  'ir.model.data': 'Model Data',
}

const ORDERS: Readonly<Record<string, string>> = {
  'res.partner': 'display_name ASC, id DESC',
  'mail.message': 'id desc',
  'crm.lead': 'priority desc, id desc',
  'crm.stage': 'sequence, name, id',
  'crm.team': 'sequence ASC, create_date DESC, id DESC',
  'mail.activity': 'date_deadline ASC, id ASC',
  'calendar.event': 'start desc',
  'res.country': 'name, id',
  'res.users': 'name, login',
}

const char = (string: string): FieldDefinition => ({ type: 'char', string })
const many2one = (string: string, relation: string): FieldDefinition => ({ type: 'many2one', string, relation })

/** Fields that every record has. */
const MAGIC: Readonly<Record<string, FieldDefinition>> = {
  id: { type: 'integer', string: 'ID', readonly: true },
  display_name: { type: 'char', string: 'Display Name', readonly: true, store: false },
  create_uid: { ...many2one('Created by', 'res.users'), readonly: true },
  create_date: { type: 'datetime', string: 'Created on', readonly: true },
  write_uid: { ...many2one('Last Updated by', 'res.users'), readonly: true },
  write_date: { type: 'datetime', string: 'Last Updated on', readonly: true },
}

const PLAIN: Readonly<Record<string, Readonly<Record<string, FieldDefinition>>>> = {
  'res.company': { name: char('Company Name'), currency_id: many2one('Currency', 'res.currency') },
  'res.currency': { name: char('Currency') },
  'ir.model': { name: char('Model Description'), model: char('Model') },
  'mail.activity.type': { name: char('Name'), category: char('Action') },
  'mail.mail': { subject: char('Subject') },
  'res.users.apikeys': {
    name: char('Description'),
    user_id: many2one('User', 'res.users'),
    scope: char('Scope'),
    expiration_date: { type: 'datetime', string: 'Expiration Date' },
  },
  'ir.config_parameter': { key: char('Key'), value: char('Value') },
  'ir.model.data': {
    complete_name: char('Complete ID'),
    name: char('External Identifier'),
    module: char('Module'),
    model: char('Model Name'),
    res_id: { type: 'many2one_reference', string: 'Record ID' },
    noupdate: { type: 'boolean', string: 'Non Updatable' },
  },
}

/** The app "Automation Rules", which sends webhooks. */
const AUTOMATION: typeof PLAIN = {
  'base.automation': {
    name: char('Automation Rule Name'),
    model_id: many2one('Model', 'ir.model'),
    trigger: char('Trigger'),
    active: { type: 'boolean', string: 'Active' },
    filter_domain: char('Apply on'),
  },
  'ir.actions.server': {
    name: char('Name'),
    model_id: many2one('Model', 'ir.model'),
    state: char('Type'),
    webhook_url: char('Webhook URL'),
    base_automation_id: many2one('Automation Rule', 'base.automation'),
  },
}

/** The models that the simulator knows. Versions 15 to 17 have the fields that 14 has, 18 those of 19. */
export const modelsOf = (version: number, hasAutomation: boolean): ReadonlyMap<string, Model> => {
  const recorded = (version >= 18 ? fields19 : fields14) as unknown as typeof PLAIN
  return new Map(
    Object.entries({ ...PLAIN, ...(hasAutomation ? AUTOMATION : {}), ...recorded }).map(([name, fields]) => [
      name,
      { name, label: LABELS[name] ?? name, order: ORDERS[name] ?? 'id', fields: { ...MAGIC, ...fields } },
    ]),
  )
}
