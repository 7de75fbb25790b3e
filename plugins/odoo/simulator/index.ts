import type { ObjectType } from '@raccordo/core/plugin'
import {
  rollingWindow,
  type Simulator,
  type SimulatorDefinition,
  type SimulatorOptions,
  type SimulatorRequest,
  serveSimulator,
} from '@raccordo/testkit/simulator'
import { hookAddress } from '../src/webhooks-subscribe.ts'
import { attachOdoo } from './attach.ts'
import type { Found } from './canonical.ts'
import { type Database, openDatabase, type SimulatedUser } from './database.ts'
import { type OdooUser, odooHandles } from './double.ts'
import { hookRequest } from './hooks.ts'
import { answerJson2 } from './json-2.ts'
import { answerJsonRpc, html } from './json-rpc.ts'
import { FIRST_IDS } from './store.ts'

export interface OdooSimulatorOptions extends SimulatorOptions {
  /** Major version, 14 to 19; 19 if absent. Versions before 19 have no JSON-2. */
  readonly version?: number
  /** Name of the database; "crm" if absent. */
  readonly database?: string
  /** Who its connection signs in as: the integration user by password, by name and key, or by key alone. */
  readonly signIn?: 'password' | 'username-and-key' | 'key'
  /** True for a database of Odoo's own hosting, which takes one call a second while `rateLimits` is on. */
  readonly online?: boolean
  /** The app "Automation Rules", which sends webhooks: absent, for administrators, or open to the integration user. */
  readonly automation?: 'closed' | 'open'
  /** Time zone in the integration user's preferences: `load` reads times in it. None, if absent. */
  readonly userTimeZone?: string
}

/** A simulated Odoo. Beside the common handles it has its users' slow transactions. */
export interface OdooSimulator extends Simulator {
  /** How long what `add` and `edit` write takes to commit, in ms, while bearing the stamp of its beginning; 0 at the start. */
  commitDelayMs: number
  readonly database: Database
}

const start = async (options: OdooSimulatorOptions = {}): Promise<OdooSimulator> => {
  const { version = 19, online = false, userTimeZone, automation } = options
  const now = options.now ?? (() => new Date())
  const database = openDatabase({ name: options.database ?? 'crm', version, now, userTimeZone, automation })
  const budget = rollingWindow({ requests: 1, perMs: 1_000, now })
  let rateLimits = false

  const server = await serveSimulator({
    ...options,
    routes: [
      { method: '*', path: '/jsonrpc', handle: (request) => answerJsonRpc(database, request) },
      { method: '*', path: '/json/2', handle: (request) => answerJson2(database, request) },
      { method: '*', path: '/json/2/:model/:method', handle: (request) => answerJson2(database, request) },
      { method: 'GET', path: '/web/version', handle: () => webVersion(version) },
    ],
    before: (_request: SimulatorRequest) =>
      online && rateLimits && !budget.take('all') ? html(429, 'Too Many Requests') : undefined,
    // Odoo's own server keeps no connection alive.
    after: (_, reply) => ({ ...reply, headers: { ...reply.headers, Connection: 'close', Server: 'Werkzeug' } }),
    notFound: () => html(404, 'Not Found'),
  })

  const handles = odooHandles(ownUser(database), server.random, version >= 18)
  const settings = online
    ? { url: 'https://simulated.odoo.com', apiBaseUrl: server.url, database: database.name }
    : { url: server.url, database: database.name }
  return {
    connection: { settings, credentials: credentialsOf(database, options.signIn ?? 'password') },
    ...handles,
    database,
    webhooks: {
      deliveries: ({ url, secret, changes }) =>
        changes.map(({ type, id, op }) =>
          hookRequest(hookAddress({ url, secret }), {
            model: modelOf(type, Number(id)),
            id: Number(id),
            trigger: op === 'upsert' ? 'on_create_or_write' : 'on_unlink',
          }),
        ),
      tell: (url) => {
        database.toldUrl = url
      },
    },
    url: server.url,
    faults: server.faults,
    log: server.log,
    calls: server.calls,
    stop: server.stop,
    indexLagMs: 0,
    get rateLimits() {
      return rateLimits
    },
    set rateLimits(isOn: boolean) {
      rateLimits = isOn
    },
    get commitDelayMs() {
      return database.commitDelayMs
    },
    set commitDelayMs(delayMs: number) {
      database.commitDelayMs = delayMs
    },
  }
}

/** The table that a record of a type is in; ids of activities tell theirs. */
const modelOf = (type: ObjectType, id: number): string => {
  if (type === 'deal') return 'crm.lead'
  if (type !== 'activity') return 'res.partner'
  if (id > FIRST_IDS['calendar.event']) return 'calendar.event'
  return id > FIRST_IDS['mail.activity'] ? 'mail.activity' : 'mail.message'
}

const webVersion = (version: number) =>
  version < 19
    ? html(404, 'Not Found')
    : { status: 200, body: { version_info: [version, 0, 0, 'final', 0, ''], version: `${version}.0` } }

const credentialsOf = (database: Database, signIn: NonNullable<OdooSimulatorOptions['signIn']>) => {
  const { login, password, apiKey } = database.users.find((user) => user.login.startsWith('connector')) as SimulatedUser
  if (signIn === 'key') return { apiKey }
  return signIn === 'password' ? { username: login, password } : { username: login, apiKey }
}

/** The database's administrator, who acts without HTTP. */
const ownUser = (database: Database): OdooUser => {
  const administrator = database.users.find((user) => user.login === 'admin') as SimulatedUser
  const call = (model: string, method: string, body: Readonly<Record<string, unknown>>) =>
    database.executeNamed(administrator, model, method, body)
  return {
    search: async (model, domain, fields) => call(model, 'search_read', { domain, fields, order: 'id asc' }) as Found[],
    createMany: async (model, vals_list) =>
      call(model, 'create', { vals_list, context: { tracking_disable: true } }) as number[],
    save: async (model, id, values) => database.writeAsUser(model, id, values),
    remove: async (model, id) => {
      call(model, 'unlink', { ids: [id] })
    },
  }
}

export const simulator: SimulatorDefinition = { provider: 'odoo', start, attach: attachOdoo }
export { start as startOdooSimulator }
