import type { Fields, Link, ObjectType } from '@raccordo/core/plugin'
import {
  type Simulator,
  type SimulatorDefinition,
  seededRandom,
  serveSimulator,
  type TruthRecord,
} from '@raccordo/testkit/simulator'
import { MODULES_OF, moduleFor, moduleHolding, toTruth, toValues } from './canonical.ts'
import type { Channel } from './channel.ts'
import { type Converted, convertLead } from './convert.ts'
import { makeLimits } from './credits.ts'
import { deliveriesFor } from './deliveries.ts'
import { makeGuard } from './guard.ts'
import { mergeRecords } from './merge.ts'
import { makeOAuth } from './oauth.ts'
import { DATA_CENTRES, settingsOf, type ZohoOptions } from './options.ts'
import { type Hold, type Knobs, makeOrg, type User } from './org.ts'
import { type CallbackTroubles, makePostman } from './postman.ts'
import { makeRoutes } from './routes.ts'
import type { FieldDefinition, ModuleName } from './schema.ts'
import { seedOrg } from './seed.ts'
import { makeTokens } from './tokens.ts'
import { makeWatch } from './watch.ts'
import { createRecord, deleteRecord, restoreRecord, updateRecord, userWriter } from './write.ts'

export type { ZohoOptions } from './options.ts'
export type { FieldDefinition, ModuleName } from './schema.ts'

/** What this simulator can be told to do beyond what every simulator can. */
export interface ZohoSimulator extends Simulator {
  readonly oauth: { readonly clientId: string; readonly clientSecret: string }
  readonly webhooks: NonNullable<Simulator['webhooks']>
  /** The organisation's number, which `org` tells as `zgid`. */
  readonly orgId: string
  readonly owners: readonly User[]
  /** What can be turned while it runs, beside the members of every simulator. */
  readonly knobs: Knobs
  /** What happens to callbacks on their way to a client. */
  readonly callbacks: CallbackTroubles
  /** Ends when every callback that is due has been answered. */
  callbacksSettled(): Promise<void>
  /** Channels that are alive. */
  channels(): readonly Channel[]
  /** Loses every channel; nobody is told. */
  dropChannels(): void
  /** Signs an OAuth app in, without the page. */
  signIn(scopes?: readonly string[]): { accessToken: string; refreshToken: string; expiresAt: string }
  /** Takes a token back; a refresh token takes its access tokens with it. */
  revoke(token: string): void
  expireAccessTokens(): void
  commitDelayMs: number
  /** A user merges two records; the lost one is gone for ever, and nothing says where it went. */
  merge(type: ObjectType, keptId: string, lostId: string): Promise<string>
  restore(type: ObjectType, id: string): Promise<void>
  /** A user adds a lead; `company` becomes its account when it is converted. */
  addLead(data: Fields): Promise<string>
  convertLead(id: string): Promise<Converted>
  /** Every live record of one module, leads included, in canonical values. */
  truthOf(module: ModuleName): Promise<readonly TruthRecord[]>
  /** A user empties a record out of the recycle bin. */
  purge(type: ObjectType, id: string): void
  /** The user's profile forbids a module, or allows it again. */
  forbid(module: ModuleName): void
  allow(module: ModuleName): void
  /** A record refuses changes for a reason until it is released. */
  hold(id: string, reason: Hold): void
  release(id: string): void
  /** An administrator makes a field; a text with unique values, if nothing else is said. */
  addField(module: ModuleName, name: string, definition?: FieldDefinition): void
  /** An administrator removes a field. */
  removeField(module: ModuleName, name: string): void
  /** Runs of workflows and the like so far: one for each record written without switching them off. */
  automationRuns(): number
  /** Credits that are used up in the rolling day; `spend` is what other applications use. */
  credits(): number
  spend(credits: number): void
}

export interface ZohoSimulatorDefinition extends SimulatorDefinition {
  start(options?: ZohoOptions): Promise<ZohoSimulator>
}

/** A simulated Zoho CRM organisation. */
export const simulator: ZohoSimulatorDefinition = {
  provider: 'zoho',
  start: async (options = {}) => {
    const chosen = settingsOf(options)
    const now = options.now ?? (() => new Date())
    const org = makeOrg({ chosen, now, random: seededRandom((options.seed ?? 1) + 1) })
    const tokens = makeTokens(now)
    const watch = makeWatch(org)
    const postman = makePostman(org, watch)
    const limits = makeLimits(org)
    const servers = { accounts: DATA_CENTRES[chosen.dc].accounts as string, api: DATA_CENTRES[chosen.dc].api as string }
    const oauth = makeOAuth(org, tokens, () => servers)
    const guarded = makeGuard(org, tokens, limits, postman.tell)
    const server = await serveSimulator({ ...options, now, routes: makeRoutes(org, { oauth, watch, guarded }) })
    servers.accounts = chosen.accountsServer ?? server.url
    servers.api = chosen.apiDomain ?? server.url
    const signIn = (scopes: readonly string[] = chosen.scopes) => {
      const { refreshToken = '', ...rest } = tokens.open(new Set(scopes), true)
      return { ...rest, refreshToken }
    }
    /** What a user does is told at once. */
    const acting = <T>(work: () => T): T => {
      try {
        return work()
      } finally {
        postman.tell()
      }
    }
    const add = (module: ModuleName, data: Fields, links: readonly Link[]): string =>
      acting(() => createRecord(org, module, toValues(org, module, data, links), userWriter(org)).id)
    const { clientId, clientSecret } = chosen
    const truthOf = async (module: ModuleName) =>
      org.tables[module].live().map((record) => toTruth(org, module, record))
    return {
      url: server.url,
      faults: server.faults,
      log: server.log,
      calls: server.calls,
      stop: async () => {
        await postman.stop()
        await server.stop()
      },
      connection: {
        settings: { dc: chosen.dc, apiBaseUrl: server.url, authBaseUrl: server.url },
        credentials: { ...signIn(), clientId, clientSecret },
      },
      oauth: { clientId, clientSecret },
      orgId: org.id,
      owners: org.users,
      knobs: org.knobs,
      get indexLagMs() {
        return org.knobs.indexLagMs
      },
      set indexLagMs(ms) {
        org.knobs.indexLagMs = ms
      },
      get commitDelayMs() {
        return org.knobs.commitDelayMs
      },
      set commitDelayMs(ms) {
        org.knobs.commitDelayMs = ms
      },
      get rateLimits() {
        return org.knobs.rateLimits
      },
      set rateLimits(isLimiting) {
        org.knobs.rateLimits = isLimiting
      },
      callbacks: postman.troubles,
      callbacksSettled: postman.settled,
      channels: watch.alive,
      dropChannels: watch.dropAll,
      webhooks: { deliveries: (told) => deliveriesFor(org, told) },
      seed: async (plan) => seedOrg(org, plan),
      truthOf,
      truth: async (type) => {
        const modules = MODULES_OF[type].filter((module) => module !== 'Leads')
        return (await Promise.all(modules.map(truthOf))).flat()
      },
      edit: async (type, id, data) => {
        const module = moduleHolding(org, type, id)
        const values = toValues(org, module, data, [], org.tables[module].get(id))
        acting(() => updateRecord(org, module, id, values, userWriter(org)))
      },
      add: async (type, data, links = []) => add(moduleFor(type, data), data, links),
      addLead: async (data) => add('Leads', data, []),
      // What a user deletes goes to the recycle bin; for good is what empties it.
      remove: async (type, id) => acting(() => deleteRecord(org, moduleHolding(org, type, id), id, userWriter(org))),
      purge: (type, id) => {
        const { deleted } = org.tables[moduleHolding(org, type, id)]
        const entry = deleted.get(id)
        if (entry !== undefined) deleted.set(id, { ...entry, isPermanent: true })
      },
      restore: async (type, id) => {
        acting(() => restoreRecord(org, moduleHolding(org, type, id), id, userWriter(org)))
      },
      merge: async (type, keptId, lostId) => {
        const module = moduleHolding(org, type, keptId)
        acting(() => mergeRecords(org, module, keptId, [{ id: lostId, fields: [] }], userWriter(org)))
        return keptId
      },
      convertLead: async (id) => acting(() => convertLead(org, id, userWriter(org))),
      signIn,
      revoke: tokens.revoke,
      expireAccessTokens: tokens.expireAccessTokens,
      forbid: (module) => {
        org.forbidden.add(module)
      },
      allow: (module) => {
        org.forbidden.delete(module)
      },
      hold: (id, reason) => {
        org.holds.set(id, reason)
      },
      release: (id) => {
        org.holds.delete(id)
      },
      addField: (module, name, definition = { type: 'text', length: 255, unique: true }) => {
        org.fields[module].set(name, { ...definition, custom: true })
      },
      removeField: (module, name) => {
        org.fields[module].delete(name)
      },
      automationRuns: () => org.automationRuns,
      credits: limits.used,
      spend: limits.spend,
    }
  },
}
