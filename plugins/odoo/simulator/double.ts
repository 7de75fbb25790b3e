import type { Link } from '@raccordo/core/plugin'
import { type CrmDouble, inventCompanies, inventContacts } from '@raccordo/testkit/simulator'
import { activityHandles } from './activity-double.ts'
import { type Countries, type Found, PARTNER_FIELDS, partnerTruth, partnerValues } from './canonical.ts'
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

/** The handles of a test upon an Odoo, in canonical values, by whatever user acts there. Texts of events are HTML since Odoo 15. */
export const odooHandles = (user: OdooUser, random: () => number, isHtml = true): Handles => {
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
  const activities = activityHandles(user, sides, isHtml)
  const truth: Handles['truth'] = async (type) => {
    if (type === 'activity') return activities.truth()
    return type === 'deal' ? deals() : partnersOf(type === 'company')
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
      if (type === 'activity') return activities.add(data, links)
      if (type === 'deal')
        return String(await user.save('crm.lead', undefined, dealValues(data, links, await pipelines())))
      const values = partnerValues(type, data, links, await countries())
      return String(
        await user.save('res.partner', undefined, type === 'company' ? { ...values, is_company: true } : values),
      )
    },
    edit: async (type, id, data) => {
      if (type === 'activity') return activities.edit(id, data)
      if (type === 'deal') {
        await user.save('crm.lead', Number(id), dealValues(data, [], await pipelines()))
        return
      }
      const before = (await partners([['id', '=', Number(id)]]))[0]?.data ?? {}
      await user.save('res.partner', Number(id), partnerValues(type, data, [], await countries(), before))
    },
    remove: async (type, id, how = 'delete') => {
      if (type === 'activity') return activities.remove(id)
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
