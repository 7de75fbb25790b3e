import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { refuse } from './failures.ts'
import { currenciesOf, type Org, type User } from './org.ts'
import { pageNumber, pageSize } from './request-parts.ts'
import { renderInstant } from './times.ts'

const KINDS: Readonly<Record<string, (user: User, org: Org) => boolean>> = {
  AllUsers: () => true,
  ActiveUsers: (user) => user.isActive,
  DeactiveUsers: (user) => !user.isActive,
  ActiveConfirmedUsers: (user) => user.isActive,
  ConfirmedUsers: (user) => user.isActive,
  NotConfirmedUsers: () => false,
  AdminUsers: (user, org) => user === org.me && org.knobs.isAdministrator,
  ActiveConfirmedAdmins: (user, org) => user === org.me && org.knobs.isAdministrator,
  CurrentUser: (user, org) => user === org.me,
}

/** Users, organisation and currencies. */
export const accountHandlers = (org: Org) => ({
  users: ({ query }: SimulatorRequest): SimulatorReply => {
    const isAsked = KINDS[query.get('type') ?? 'AllUsers']
    if (isAsked === undefined) throw refuse(400, 'INVALID_DATA', 'invalid data', { param_name: 'type' })
    const [size, page] = [pageSize(query), pageNumber(query)]
    const users = org.users.filter((user) => isAsked(user, org))
    const shown = users.slice((page - 1) * size, page * size)
    if (shown.length === 0) return { status: 204 }
    const info = { per_page: size, count: shown.length, page, more_records: page * size < users.length }
    return { body: { users: shown.map((user) => userBody(org, user)), info } }
  },
  user: (request: SimulatorRequest): SimulatorReply => {
    const user = org.users.find(({ id }) => id === request.params['id'])
    return user === undefined ? { status: 204 } : { body: { users: [userBody(org, user)] } }
  },
  organisation: (): SimulatorReply => ({
    body: {
      org: [
        {
          id: '5725767000000024001',
          zgid: org.id,
          company_name: 'Simulated Trading',
          country: 'Italy',
          country_code: 'IT',
          currency: 'Euro',
          iso_code: 'EUR',
          currency_symbol: '€',
          currency_locale: 'it_IT',
          time_zone: 'Asia/Kolkata',
          mc_status: org.chosen.multiCurrency,
          gapps_enabled: false,
          domain_name: 'org60012345678',
          alias: null,
          primary_email: org.me.email,
          type: org.chosen.sandbox ? 'sandbox' : 'production',
          license_details: {
            paid_expiry: null,
            users_license_purchased: org.chosen.licences,
            trial_type: null,
            trial_expiry: null,
            paid: true,
            paid_type: org.chosen.edition,
          },
        },
      ],
    },
  }),
  currencies: (): SimulatorReply => {
    if (!org.chosen.multiCurrency)
      throw refuse(400, 'FEATURE_NOT_ENABLED', 'multi currency is not enabled for this organization', {})
    const at = renderInstant(org.now().getTime(), 330)
    return {
      body: {
        currencies: currenciesOf(org).map(({ iso, name, symbol, rate }, index) => ({
          id: String(5_725_767_000_000_025_001n + BigInt(index)),
          name,
          iso_code: iso,
          symbol,
          exchange_rate: rate.toFixed(9),
          is_base: index === 0,
          is_active: true,
          prefix_symbol: true,
          created_time: at,
          modified_time: at,
          format: {
            decimal_separator: 'Period',
            thousand_separator: 'Comma',
            decimal_places: iso === 'JPY' ? '0' : '2',
          },
        })),
      },
    }
  },
})

const userBody = (org: Org, user: User): object => ({
  id: user.id,
  email: user.email,
  first_name: user.firstName,
  last_name: user.lastName,
  full_name: `${user.firstName} ${user.lastName}`,
  status: user.isActive ? 'active' : 'disabled',
  confirm: user.isActive,
  zuid: user.id.slice(-9),
  time_zone: 'Asia/Kolkata',
  offset: 19_800_000,
  locale: 'en_GB',
  role: { name: 'CEO', id: '5725767000000026005' },
  profile: {
    name: user === org.me && org.knobs.isAdministrator ? 'Administrator' : 'Standard',
    id: '5725767000000026011',
  },
})
