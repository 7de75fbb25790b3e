import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { refuse, unknownId } from './failures.ts'
import type { Org } from './org.ts'
import { toSecond } from './times.ts'
import type { Values } from './values.ts'
import { apiWriter, commit, createRecord, type Writer } from './write.ts'

/** Ids of what a lead became. */
export interface Converted {
  readonly contactId: string
  readonly accountId: string | undefined
}

/** Makes a contact of a lead, and an account where it names a company. The lead stays, hidden from lists. */
export const convertLead = (org: Org, id: string, writer: Writer): Converted => {
  const lead = org.tables.Leads.get(id)
  if (lead === undefined) throw unknownId(writer.place)
  if (lead.values['Converted__s'] === true)
    throw refuse(400, 'ID_ALREADY_CONVERTED', 'the id given is already converted', { id })
  const { values } = lead
  const pick = (names: Readonly<Record<string, string>>): Values =>
    Object.fromEntries(
      Object.entries(names).flatMap(([from, to]) => ((values[from] ?? null) === null ? [] : [[to, values[from]]])),
    )
  const account =
    (values['Company'] ?? null) === null
      ? undefined
      : createRecord(org, 'Accounts', pick({ Company: 'Account_Name', Phone: 'Phone', Website: 'Website' }), writer)
  const contact = createRecord(
    org,
    'Contacts',
    {
      ...pick({
        Last_Name: 'Last_Name',
        First_Name: 'First_Name',
        Email: 'Email',
        Phone: 'Phone',
        Mobile: 'Mobile',
        Designation: 'Title',
        Country: 'Mailing_Country',
      }),
      ...(account === undefined ? {} : { Account_Name: { id: account.id } }),
    },
    writer,
  )
  const record = {
    ...lead,
    modifiedMs: toSecond(writer.startedMs),
    modifiedBy: writer.userId,
    values: {
      ...values,
      Converted__s: true,
      Converted_Date_Time: toSecond(writer.startedMs),
      Converted_Contact: { module: 'Contacts', id: contact.id },
      ...(account === undefined ? {} : { Converted_Account: { module: 'Accounts', id: account.id } }),
    },
  }
  commit(org, 'Leads', record, writer, 'update', ['Converted__s'])
  return { contactId: contact.id, accountId: account?.id }
}

export const convertHandler =
  (org: Org) =>
  (request: SimulatorRequest): SimulatorReply => {
    const { contactId, accountId } = convertLead(org, request.params['id'] ?? '', apiWriter(org))
    const details = {
      Contacts: { id: contactId },
      Accounts: accountId === undefined ? null : { id: accountId },
      Deals: null,
    }
    return {
      body: {
        data: [{ code: 'SUCCESS', details, message: 'The record has been converted successfully', status: 'success' }],
      },
    }
  }
