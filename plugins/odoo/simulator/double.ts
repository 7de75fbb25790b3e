import { randomUUID } from 'node:crypto'
import type { Fields, Link } from '@raccordo/core/plugin'
import { type CrmDouble, inventCompanies, inventContacts } from '@raccordo/testkit/simulator'
import { CALL_MARK } from '../src/calls-write.ts'
import {
  type Countries,
  callTruth,
  callValues,
  type Found,
  MESSAGE_FIELDS,
  PARTNER_FIELDS,
  partnerTruth,
  partnerValues,
} from './canonical.ts'
import { DEAL_COLUMNS, dealTruth, dealValues, isLiveDeal, type PartnerSide } from './deal-values.ts'

/** What a user of an Odoo does there: the simulator's own users, or a real server's through its API. */
export interface OdooUser {
  search(model: string, domain: readonly unknown[], fields: readonly string[]): Promise<readonly Found[]>
  createMany(model: string, list: readonly Readonly<Record<string, unknown>>[]): Promise<readonly number[]>
  /** Makes a record, or changes the one with this id; perhaps in a transaction that commits later. */
  save(model: string, id: number | undefined, values: Readonly<Record<string, unknown>>): Promise<number>
  remove(model: string, id: number): Promise<void>
}

type Handles = Pick<CrmDouble, 'seed' | 'truth' | 'edit' | 'add' | 'remove'>

/** The handles of a test upon an Odoo, in canonical values, by whatever user acts there. */
export const odooHandles = (user: OdooUser, random: () => number): Handles => {
  const countries = once(async (): Promise<Countries> => {
    const rows = await user.search('res.country', [], ['code'])
    const pairs = rows.map(({ id, code }) => [id, String(code)] as const)
    return { codeOf: new Map(pairs), idOf: new Map(pairs.map(([id, code]) => [code, id])) }
  })
  const partners = async (domain: readonly unknown[]) => {
    const table = await countries()
    return (await user.search('res.partner', domain, PARTNER_FIELDS)).map((record) => partnerTruth(record, table))
  }
  const partnersOf = (isCompany: boolean) => partners([['is_company', '=', isCompany]])
  const sides = async (): Promise<ReadonlyMap<number, PartnerSide>> => {
    const fields = ['is_company', 'parent_id', 'partner_share']
    const found = await user.search('res.partner', EVERYONE, fields)
    return new Map(
      found.map(({ id, is_company, parent_id, partner_share }) => [
        id,
        {
          isCompany: is_company === true,
          parent: Array.isArray(parent_id) ? Number(parent_id[0]) : undefined,
          isColleague: partner_share === false,
        },
      ]),
    )
  }
  const namesOf = async (model: string) =>
    new Map((await user.search(model, [], ['name'])).map(({ id, name }) => [String(name), id] as const))
  const pipelines = once(async () => ({ stages: await namesOf('crm.stage'), teams: await namesOf('crm.team') }))
  const deals = async () => {
    const leads = await user.search('crm.lead', [['type', '=', 'opportunity'], ...EVERYONE], DEAL_COLUMNS)
    const partnersById = await sides()
    return leads.filter(isLiveDeal).map((lead) => dealTruth(lead, partnersById))
  }
  const calls = async () => {
    const messages = await user.search('mail.message', [['message_id', '=like', `${CALL_MARK}%`]], MESSAGE_FIELDS)
    const companies = await user.search('res.partner', [['is_company', '=', true]], ['id'])
    const ids = new Set(companies.map(({ id }) => id))
    return messages.map((message) => callTruth(message, ids))
  }
  const truth: Handles['truth'] = async (type) => {
    if (type === 'activity') return calls()
    return type === 'deal' ? deals() : partnersOf(type === 'company')
  }

  const addCall = async (data: Fields, links: readonly Link[]): Promise<string> => {
    const place = links.find(({ type }) => type === 'contact') ?? links.find(({ type }) => type === 'company')
    const values = {
      ...callValues(data),
      model: 'res.partner',
      res_id: Number(place?.remoteId),
      message_type: 'comment',
      message_id: `${CALL_MARK}${randomUUID()}@raccordo>`,
    }
    return String(await user.save('mail.message', undefined, values))
  }

  return {
    truth,
    seed: async ({ contacts, companies }) => {
      const seeded = { companies: (await partnersOf(true)).length, contacts: (await partnersOf(false)).length }
      const table = await countries()
      const firms = inventCompanies(companies, random, seeded.companies)
      const firmIds = await inBatches(firms, (batch) =>
        user.createMany(
          'res.partner',
          batch.map((firm) => ({ ...partnerValues('company', firm, [], table), is_company: true })),
        ),
      )
      const people = inventContacts(contacts, companies, random, seeded.contacts)
      await inBatches(people, (batch) =>
        user.createMany(
          'res.partner',
          batch.map(({ companyIndex, ...person }) => {
            const parent = firmIds[companyIndex]
            const links: Link[] = parent === undefined ? [] : [{ type: 'company', remoteId: String(parent) }]
            return partnerValues('contact', person, links, table)
          }),
        ),
      )
    },
    add: async (type, data, links = []) => {
      if (type === 'activity') return addCall(data, links)
      if (type === 'deal')
        return String(await user.save('crm.lead', undefined, dealValues(data, links, await pipelines())))
      const values = partnerValues(type, data, links, await countries())
      return String(
        await user.save('res.partner', undefined, type === 'company' ? { ...values, is_company: true } : values),
      )
    },
    edit: async (type, id, data) => {
      if (type === 'activity') {
        const [message] = await user.search('mail.message', [['id', '=', Number(id)]], MESSAGE_FIELDS)
        await user.save('mail.message', Number(id), callValues(data, String(message?.['body'] ?? '')))
        return
      }
      if (type === 'deal') {
        await user.save('crm.lead', Number(id), dealValues(data, [], await pipelines()))
        return
      }
      const before = (await partners([['id', '=', Number(id)]]))[0]?.data ?? {}
      await user.save('res.partner', Number(id), partnerValues(type, data, [], await countries(), before))
    },
    remove: async (type, id, how = 'delete') => {
      if (type === 'activity') return user.remove('mail.message', Number(id))
      const model = type === 'deal' ? 'crm.lead' : 'res.partner'
      if (how === 'delete') return user.remove(model, Number(id))
      // With a probability of nothing it would be lost, not archived.
      if (type === 'deal') return void (await user.save(model, Number(id), { active: false, probability: 50 }))
      await user.save('res.partner', Number(id), { active: false })
    },
  }
}

/** A domain that asks for archived records too. */
const EVERYONE = [['active', 'in', [true, false]]]

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

const inBatches = async <T>(
  list: readonly T[],
  work: (batch: readonly T[]) => Promise<readonly number[]>,
): Promise<readonly number[]> => {
  const ids: number[] = []
  for (let start = 0; start < list.length; start += 500) ids.push(...(await work(list.slice(start, start + 500))))
  return ids
}
