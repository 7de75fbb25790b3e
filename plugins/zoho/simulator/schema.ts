import fieldData from './fields.json' with { type: 'json' }

export const MODULE_NAMES = ['Contacts', 'Leads', 'Accounts', 'Deals', 'Calls', 'Tasks', 'Events', 'Notes'] as const
export type ModuleName = (typeof MODULE_NAMES)[number]

export interface FieldDefinition {
  /** Zoho's `data_type`. */
  readonly type: string
  readonly length?: number
  readonly readOnly?: boolean
  readonly required?: boolean
  readonly options?: readonly string[]
  /** What a lookup leads to; absent where that differs from record to record. */
  readonly module?: ModuleName
  /** Formatted text, which lists cut short. */
  readonly rich?: boolean
  readonly unique?: boolean
  readonly custom?: boolean
}

export interface ModuleDefinition {
  readonly singular: string
  /** The field that a record is called by. */
  readonly nameField: string
  /** The field that an upsert looks for doubles by, before any unique field. */
  readonly systemCheck?: string
  readonly fields: Readonly<Record<string, FieldDefinition>>
}

const fieldsOf = (name: ModuleName): Readonly<Record<string, FieldDefinition>> =>
  fieldData[name] as Readonly<Record<string, FieldDefinition>>

export const MODULES: Readonly<Record<ModuleName, ModuleDefinition>> = {
  Contacts: { singular: 'Contact', nameField: 'Full_Name', systemCheck: 'Email', fields: fieldsOf('Contacts') },
  Leads: { singular: 'Lead', nameField: 'Full_Name', systemCheck: 'Email', fields: fieldsOf('Leads') },
  Accounts: {
    singular: 'Account',
    nameField: 'Account_Name',
    systemCheck: 'Account_Name',
    fields: fieldsOf('Accounts'),
  },
  Deals: { singular: 'Deal', nameField: 'Deal_Name', systemCheck: 'Deal_Name', fields: fieldsOf('Deals') },
  Calls: { singular: 'Call', nameField: 'Subject', fields: fieldsOf('Calls') },
  Tasks: { singular: 'Task', nameField: 'Subject', fields: fieldsOf('Tasks') },
  Events: { singular: 'Event', nameField: 'Event_Title', fields: fieldsOf('Events') },
  Notes: { singular: 'Note', nameField: 'Note_Title', fields: fieldsOf('Notes') },
}

/** The module with this API name; undefined where Zoho has none. Letter case does not matter in paths. */
export const moduleNamed = (name: string): ModuleName | undefined =>
  MODULE_NAMES.find((known) => known.toLowerCase() === name.toLowerCase())

/** Modules whose records are about a person or a thing, through Who_Id and What_Id. */
export const isActivity = (name: ModuleName): boolean => name === 'Calls' || name === 'Tasks' || name === 'Events'

/** Stages that each pipeline of deals holds, with the forecast type that each one means. */
export const PIPELINES: Readonly<
  Record<string, readonly (readonly [stage: string, forecast: string, chance: number])[]>
> = {
  'Standard (Standard)': [
    ['Qualification', 'Open', 10],
    ['Needs Analysis', 'Open', 20],
    ['Value Proposition', 'Open', 40],
    ['Identify Decision Makers', 'Open', 60],
    ['Proposal/Price Quote', 'Open', 75],
    ['Negotiation/Review', 'Open', 90],
    ['Closed Won', 'Closed Won', 100],
    ['Closed Lost', 'Closed Lost', 0],
    ['Closed Lost to Competition', 'Closed Lost', 0],
  ],
  Renewals: [
    ['Up For Renewal', 'Open', 50],
    ['Renewed', 'Closed Won', 100],
    ['Churned', 'Closed Lost', 0],
  ],
}
export const DEFAULT_PIPELINE = 'Standard (Standard)'
