import type { Failure, FieldInfo, Fields, Link, ObjectType, RemoteRecord } from '@raccordo/core/plugin'
import { accountShown, accountWritten } from './accounts.ts'
import { CALL_OPTIONS, CALL_RESULTS, callShown, callWritten } from './calls.ts'
import { EVENT_FIELDS, eventShown, eventWritten } from './events.ts'
import { leadGone } from './leads.ts'
import type { ModuleName } from './modules.ts'
import { noteLinks, noteShown, noteWritten, parentLead, parentOf } from './notes.ts'
import {
  accountOf,
  activityLinks,
  activityRelations,
  contactAndAccountOf,
  leadInstead,
  type Relations,
} from './relations.ts'
import { taskShown, taskWritten } from './tasks.ts'
import type { VendorRecord } from './vendor.ts'

/** A row on its way to Zoho: fields under its own names, and what stands in the text for want of a field. */
export interface Written {
  readonly fields: Fields
  /** Members that are undefined stay as they are; null takes one away. */
  readonly reference?: { readonly [Name in 'outcome' | 'time']?: string | null }
  /** What Zoho does not let anybody change. The rest of the row is written all the same, and then this is reported. */
  readonly refusal?: Failure
}

/** What a kind may look at to write a row. */
export interface WriteAround {
  /** The record as it is; undefined for a new one. */
  readonly current: VendorRecord | undefined
  readonly nowMs: number
  readonly timeZone: string | undefined
  /** Whether a picklist has an option in this organisation; false where that is not known. */
  offers(field: string, option: string): boolean
}

/** What tells one module from another; everything else is the same for all. */
export interface Kind {
  readonly type: ObjectType
  readonly name: ModuleName
  /**
   * Where values come from. 'query': COQL. 'ids': COQL names the records and the list brings them, because COQL does not
   * say which module `What_Id` leads to. 'list': COQL does not know the module.
   */
  readonly reading: 'query' | 'ids' | 'list'
  /** Text that bears the reference. */
  readonly text: string
  /** Field that tells a record best from others, to look for it by. */
  readonly telling: string
  /** Fields that are made out of others. */
  readonly columns?: Readonly<Record<string, readonly string[]>>
  /** Columns that every record is asked for. */
  readonly always?: readonly string[]
  /** Options that a write must know of, by picklist. */
  readonly options?: Readonly<Record<string, readonly string[]>>
  readonly show?: (record: VendorRecord, timeZone: string | undefined) => Fields
  readonly links?: (record: VendorRecord) => readonly Link[]
  /** Set for a record that is no longer one of this module. */
  readonly gone?: (record: VendorRecord) => Pick<RemoteRecord, 'deletedAt' | 'mergedInto'> | undefined
  readonly write?: (fields: Fields, around: WriteAround) => Written
  readonly relate?: Relations
  /** Columns of the present record that a change needs to know; none where it needs no look. */
  readonly current?: readonly string[]
  /** Fields that `describe` adds, or tells otherwise than Zoho. */
  readonly described?: Readonly<Record<string, Partial<FieldInfo>>>
  /** False for a new record that can be found again without a reference. */
  readonly bears?: (fields: Fields) => boolean
  /** The same values for a lead in the place of a contact; undefined where they name none. */
  readonly forLead?: (fields: Fields) => Fields | undefined
}

const hasEmail = ({ Email }: Fields): boolean => typeof Email === 'string' && Email.trim() !== ''

export const CONTACTS: Kind = {
  type: 'contact',
  name: 'Contacts',
  reading: 'query',
  text: 'Description',
  telling: 'Last_Name',
  relate: accountOf,
  bears: (fields) => !hasEmail(fields),
}

export const LEADS: Kind = {
  type: 'contact',
  name: 'Leads',
  reading: 'query',
  text: 'Description',
  telling: 'Last_Name',
  always: ['Converted__s', 'Converted_Contact', 'Converted_Date_Time'],
  gone: leadGone,
  bears: (fields) => !hasEmail(fields),
}

export const ACCOUNTS: Kind = {
  type: 'company',
  name: 'Accounts',
  reading: 'query',
  text: 'Description',
  telling: 'Account_Name',
  columns: { domain: ['Website'] },
  show: accountShown,
  write: accountWritten,
  described: { domain: { label: 'Domain of the website', type: 'text', maxLength: 200 } },
}

export const DEALS: Kind = {
  type: 'deal',
  name: 'Deals',
  reading: 'query',
  text: 'Description',
  telling: 'Deal_Name',
  relate: contactAndAccountOf,
}

/** What says how a call ended and how long it took. */
const CALL_COLUMNS = [
  'Call_Duration',
  'Call_Duration_in_seconds',
  'Call_Type',
  'Call_Result',
  'Outgoing_Call_Status',
  'Call_Agenda',
]

const RELATIONS = ['Who_Id', 'What_Id', '$se_module']

export const CALLS: Kind = {
  type: 'activity',
  name: 'Calls',
  reading: 'ids',
  // Not the description: that is what was said, and a call that is over needs no agenda.
  text: 'Call_Agenda',
  telling: 'Call_Start_Time',
  columns: {
    Call_Duration: CALL_COLUMNS,
    Call_Result: CALL_COLUMNS,
  },
  always: RELATIONS,
  options: CALL_OPTIONS,
  show: callShown,
  links: activityLinks,
  write: callWritten,
  relate: activityRelations,
  forLead: leadInstead,
  current: [...RELATIONS, ...CALL_COLUMNS, 'Call_Start_Time', 'Owner'],
  described: { Call_Result: { options: CALL_RESULTS.map((value) => ({ value, label: value })) } },
}

export const TASKS: Kind = {
  type: 'activity',
  name: 'Tasks',
  reading: 'ids',
  text: 'Description',
  telling: 'Due_Date',
  columns: { Due_Date: ['Due_Date', 'Description'] },
  always: RELATIONS,
  show: taskShown,
  links: activityLinks,
  write: taskWritten,
  relate: activityRelations,
  forLead: leadInstead,
  current: [...RELATIONS, 'Due_Date', 'Description'],
}

export const EVENTS: Kind = {
  type: 'activity',
  name: 'Events',
  reading: 'ids',
  text: 'Description',
  telling: 'Start_DateTime',
  columns: { Duration_in_seconds: ['Start_DateTime', 'End_DateTime'] },
  always: RELATIONS,
  show: eventShown,
  links: activityLinks,
  write: eventWritten,
  relate: activityRelations,
  forLead: leadInstead,
  current: [...RELATIONS, 'Start_DateTime', 'End_DateTime', 'Description'],
  described: EVENT_FIELDS,
}

export const NOTES: Kind = {
  type: 'activity',
  name: 'Notes',
  reading: 'list',
  text: 'Note_Content',
  telling: 'Created_Time',
  columns: { Created_Time: ['Created_Time', 'Note_Content'] },
  always: ['Parent_Id'],
  show: noteShown,
  links: noteLinks,
  write: noteWritten,
  relate: parentOf,
  forLead: parentLead,
  current: ['Parent_Id', 'Note_Content', 'Created_Time'],
  // When a note was taken is not Zoho's to say: another time than that of its making stands in its text.
  described: { Created_Time: { readOnly: false } },
}

export const KINDS: readonly Kind[] = [CONTACTS, LEADS, ACCOUNTS, DEALS, CALLS, TASKS, EVENTS, NOTES]
