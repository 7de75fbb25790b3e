import type { RemoteObject } from '@raccordo/core/plugin'
import { deletedAndConvertedPage } from './converted.ts'
import { createRecords } from './create.ts'
import { deletedPage } from './deleted.ts'
import { describeObject } from './describe.ts'
import { findByField } from './find.ts'
import { ACCOUNTS, CALLS, CONTACTS, DEALS, EVENTS, type Kind, LEADS, NOTES, TASKS } from './kinds.ts'
import { locateRecord } from './locate.ts'
import { moduleScopes } from './oauth.ts'
import { order } from './order.ts'
import { pullPage, stampsPage } from './pull.ts'
import { readRecords } from './read.ts'
import type { Settings } from './settings.ts'
import { updateRecords } from './update.ts'

/** What every module can do. No page can lose a record to a deletion: see coql.ts and list.ts. */
const remoteObject = (kind: Kind): RemoteObject<Settings> => ({
  type: kind.type,
  name: kind.name,
  order,
  paging: 'keyset',
  pull: (ctx, page) => pullPage(ctx, kind, page),
  stamps: (ctx, page) => stampsPage(ctx, kind, page),
  deleted: { scope: 'window', page: (ctx, page) => deletedPage(ctx, kind, page) },
  read: (ctx, ids, fields) => readRecords(ctx, kind, ids, fields),
  create: (ctx, rows) => createRecords(ctx, kind, rows),
  update: (ctx, rows) => updateRecords(ctx, kind, rows),
  locate: (ctx, row) => locateRecord(ctx, kind, row),
  describe: (ctx) => describeObject(ctx, kind),
})

const found = (kind: Kind): Pick<RemoteObject<Settings>, 'find'> => ({
  find: (ctx, field, values) => findByField(ctx, kind, field, values),
})

const activity = (kind: Kind, held: string): RemoteObject<Settings> => ({
  ...remoteObject(kind),
  holds: { kind: [held] },
  scopes: moduleScopes(kind.name),
})

export const contacts: RemoteObject<Settings> = {
  ...remoteObject(CONTACTS),
  ...found(CONTACTS),
  aliases: {
    firstname: 'First_Name',
    lastname: 'Last_Name',
    jobtitle: 'Title',
    function: 'Title',
    country: 'Mailing_Country',
    country_id: 'Mailing_Country',
    parent_id: 'Account_Name',
    company: 'Account_Name',
  },
}

export const leads: RemoteObject<Settings> = {
  ...remoteObject(LEADS),
  ...found(LEADS),
  onByDefault: false,
  scopes: moduleScopes(LEADS.name),
  deleted: { scope: 'window', page: (ctx, page) => deletedAndConvertedPage(ctx, LEADS, page) },
  aliases: {
    firstname: 'First_Name',
    lastname: 'Last_Name',
    jobtitle: 'Designation',
    function: 'Designation',
    Title: 'Designation',
    country_id: 'Country',
  },
}

export const accounts: RemoteObject<Settings> = {
  ...remoteObject(ACCOUNTS),
  ...found(ACCOUNTS),
  aliases: {
    name: 'Account_Name',
    country: 'Billing_Country',
    country_id: 'Billing_Country',
    address: 'Billing_Street',
    street: 'Billing_Street',
  },
}

export const deals: RemoteObject<Settings> = {
  ...remoteObject(DEALS),
  aliases: {
    name: 'Deal_Name',
    dealname: 'Deal_Name',
    title: 'Deal_Name',
    dealstage: 'Stage',
    stage_id: 'Stage',
    closedate: 'Closing_Date',
    date_deadline: 'Closing_Date',
    deal_currency_code: 'Currency',
    partner_id: 'Contact_Name',
  },
}

export const calls = activity(CALLS, 'call')
export const tasks = activity(TASKS, 'task')
export const events = activity(EVENTS, 'meeting')
export const notes = activity(NOTES, 'note')
