import { randomInt } from 'node:crypto'
import { inventCompanies, inventContacts, seededRandom } from '@raccordo/testkit/simulator'

/** What one demo adds to a CRM, in canonical values. All of it bears the mark of the run. */
export interface Cast {
  /** Stands in every name and e-mail address. */
  readonly mark: string
  readonly companies: readonly Readonly<Record<'name' | 'domain' | 'phone' | 'country_iso', string>>[]
  readonly contacts: readonly CastContact[]
}

export interface CastContact {
  readonly companyIndex: number
  readonly data: Readonly<Record<'email' | 'first_name' | 'last_name' | 'title' | 'country_iso', string>> & {
    readonly phone_e164: string | null
  }
}

const MARK_LETTERS = 6
/** Every fifth contact has no number, so that the computed field of the demo has two values. */
const WITHOUT_PHONE = 5

// Letters only: digits in a name are what some CRMs take for an error.
const newMark = (): string =>
  Array.from({ length: MARK_LETTERS }, () => String.fromCharCode(97 + randomInt(26))).join('')

/** Invents companies and contacts that are in no CRM yet: a real one may hold those of an earlier demo. */
export const inventCast = (plan: { readonly contacts: number; readonly companies: number }): Cast => {
  const mark = newMark()
  const surname = `${mark[0]?.toUpperCase()}${mark.slice(1)}`
  const random = seededRandom(randomInt(2 ** 31))
  const domainOf = (domain: string) => `${mark}-${domain}`
  return {
    mark,
    companies: inventCompanies(plan.companies, random).map((company) => ({
      ...company,
      name: `${company.name} ${surname}`,
      domain: domainOf(company.domain),
    })),
    contacts: inventContacts(plan.contacts, plan.companies, random).map(({ companyIndex, ...data }, index) => {
      const [local = '', domain = ''] = data.email.split('@')
      const phone_e164 = index % WITHOUT_PHONE === 0 ? null : data.phone_e164
      const last_name = `${data.last_name}-${surname}`
      return { companyIndex, data: { ...data, last_name, phone_e164, email: `${local}@${domainOf(domain)}` } }
    }),
  }
}
