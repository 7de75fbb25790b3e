import type { SimulatedUser } from './database.ts'
import type { Environment } from './environment.ts'

type Begin = (user: SimulatedUser, context?: Readonly<Record<string, unknown>>) => Environment

const people = (
  version: number,
): readonly (SimulatedUser & { readonly name: string; readonly email: string | false })[] => {
  const first = version >= 17 ? 5 : 6
  return [
    {
      uid: 1,
      login: '__system__',
      password: '',
      apiKey: '',
      isAdmin: true,
      name: 'OdooBot',
      email: 'odoobot@example.com',
    },
    {
      uid: 2,
      login: 'admin',
      password: 'admin',
      apiKey: 'ADMIN-TEST-API-KEY',
      isAdmin: true,
      name: 'Administrator',
      email: false,
    },
    {
      uid: first,
      login: 'connector@example.test',
      password: 'connector-pass',
      apiKey: 'TEST-API-KEY',
      isAdmin: false,
      name: 'Connector Bot',
      email: 'connector@example.test',
    },
    {
      uid: first + 1,
      login: 'low@example.test',
      password: 'low-pass',
      apiKey: 'LOW-TEST-API-KEY',
      isAdmin: false,
      name: 'Low Rights',
      email: 'low@example.test',
    },
  ]
}

/** What a fresh database holds: its company, its users with their partners, currencies and countries. */
export const installData = (
  begin: Begin,
  version: number,
  userTimeZone: string | undefined,
): readonly SimulatedUser[] => {
  const users = people(version)
  const env = begin(users[0] as SimulatedUser)
  const add = (model: string, values: Readonly<Record<string, unknown>>, id = env.store.nextId(model)): number => {
    const stamps = { create_date: env.stamp, write_date: env.stamp, create_uid: 1, write_uid: 1 }
    env.store.put(model, id, { ...values, ...stamps })
    return id
  }
  env.store.atomically(() => {
    add('res.currency', { name: 'USD' })
    for (const [code, name] of countries()) add('res.country', { code, name })
    const partner = { type: 'contact', lang: 'en_US', active: true }
    const own = add('res.partner', { ...partner, name: 'My Company', is_company: true })
    env.store.bindExternalId('base.main_partner', { model: 'res.partner', id: own })
    const company = add('res.company', { name: 'My Company', currency_id: 1, partner_id: own })
    for (const [name, active] of [
      ['Sales', true],
      ['Website', false],
    ] as const)
      add('crm.team', { name, active, sequence: 0 })
    for (const [name, sequence, is_won] of STAGES) add('crm.stage', { name, sequence, is_won })
    for (const [name, model, external] of DOCUMENTS) {
      const id = add('ir.model', { name, model })
      env.store.bindExternalId(external, { model: 'ir.model', id })
    }
    for (const [name, category] of ACTIVITY_TYPES) {
      const id = add('mail.activity.type', { name, category })
      const external = `mail.mail_activity_data_${name.toLowerCase().replace('-', '')}`
      env.store.bindExternalId(external, { model: 'mail.activity.type', id })
    }
    for (const { uid, login, name, email, isAdmin } of users) {
      const active = uid !== 1
      const partner_id = add('res.partner', { ...partner, name, email, active, is_company: false })
      const isLow = login.startsWith('low')
      const days = 30 * 86_400_000_000
      if (uid !== 1 && version >= 18)
        add('res.users.apikeys', { name: 'test', user_id: uid, scope: 'rpc', expiration_date: env.stamp + days })
      add(
        'res.users',
        {
          login,
          active,
          share: false,
          partner_id,
          company_id: company,
          company_ids: [company],
          lang: 'en_US',
          tz: isAdmin ? false : (userTimeZone ?? false),
          ...(isLow ? { may_write_contacts: false, may_sell: false } : {}),
        },
        uid,
      )
    }
  })
  return users.map(({ uid, login, password, apiKey, isAdmin }) => ({ uid, login, password, apiKey, isAdmin }))
}

const DOCUMENTS = [
  ['Contact', 'res.partner', 'base.model_res_partner'],
  ['Lead', 'crm.lead', 'crm.model_crm_lead'],
  ['Message', 'mail.message', 'mail.model_mail_message'],
  ['Activity', 'mail.activity', 'mail.model_mail_activity'],
  ['Calendar Event', 'calendar.event', 'calendar.model_calendar_event'],
] as const

const ACTIVITY_TYPES = [
  ['Email', 'default'],
  ['Call', 'phonecall'],
  ['Meeting', 'meeting'],
  ['To-Do', 'default'],
] as const

const STAGES = [
  ['New', 1, false],
  ['Qualified', 2, false],
  ['Proposition', 3, false],
  ['Won', 70, true],
] as const

/** ISO 3166 codes with their English names, as the runtime's own tables have them. */
const countries = (): readonly (readonly [string, string])[] => {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  return letters.flatMap((first) =>
    letters.flatMap((second) => {
      const code = first + second
      const name = NOT_COUNTRIES.has(code) ? undefined : names.of(code)
      return name === undefined ? [] : [[code, name] as const]
    }),
  )
}

/** Regions that have a name there and are no countries. */
const NOT_COUNTRIES = new Set(['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'ZZ'])
