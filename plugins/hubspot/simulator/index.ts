import type { ObjectType } from '@raccordo/core/plugin'
import { type Simulator, type SimulatorDefinition, seededRandom, serveSimulator } from '@raccordo/testkit/simulator'
import { defineProperty } from './account.ts'
import { typesBetween } from './association-store.ts'
import { makeColumns, OBJECT_OF, toProperties, toTruth } from './canonical.ts'
import { refusalReply, refuse } from './failures.ts'
import { makeGuard } from './guard.ts'
import { type Grant, makeOAuth } from './oauth.ts'
import { type HubspotOptions, SCOPES, settingsOf } from './options.ts'
import { makePortal } from './portal.ts'
import { makeRoutes } from './routes.ts'
import { seedPortal } from './seed.ts'
import type { SentWebhook, WebhookWeather } from './webhook-sender.ts'
import { makeWebhooks } from './webhooks.ts'
import { archiveRecord, createRecord, mergeRecords, purgeRecord, restoreRecord, updateRecord } from './write.ts'

export type { HubspotOptions } from './options.ts'

/** What this simulator can be told to do beyond what every simulator can. */
export interface HubspotSimulator extends Simulator {
  readonly portalId: number
  /** Signs an OAuth app in, without the page; the tokens last 1,800 s. */
  signIn(scopes?: readonly string[]): { accessToken: string; refreshToken: string; expiresAt: string }
  /** Takes a refresh token back. */
  revoke(refreshToken: string): void
  expireAccessTokens(): void
  /** The scopes that the service key has from now on. */
  setKeyScopes(scopes: readonly string[]): void
  /** A user merges two records; answers the id of the one that is left. */
  merge(type: ObjectType, keptId: string, mergedId: string): Promise<string>
  /** A record goes for ever (emptied recycle bin, a person's right): no list names it any more. */
  erase(type: ObjectType, id: string): void
  /** A user links two records, as the primary ones of each other where that exists and is asked for. */
  link(type: ObjectType, id: string, toType: ObjectType, toId: string, isPrimary?: boolean): void
  unlink(type: ObjectType, id: string, toType: ObjectType, toId: string): void
  /** A user takes a record out of the recycle bin. */
  restore(type: ObjectType, id: string): Promise<void>
  /** How events travel; of effect once `webhooks.tell` named somebody. */
  readonly weather: WebhookWeather
  /** Requests with events that were made, oldest first. */
  readonly sentWebhooks: readonly SentWebhook[]
  /** Ends when every event that is due has been sent and answered. */
  webhooksSettled(): Promise<void>
  /** Writes to an object are answered with 423 for two seconds, as after mass writes. */
  lock(type: ObjectType): void
  /** An administrator makes a text property with unique values. */
  addUniqueProperty(type: ObjectType, name: string): void
}

export interface HubspotSimulatorDefinition extends SimulatorDefinition {
  start(options?: HubspotOptions): Promise<HubspotSimulator>
}

const LOCK_MS = 2_000

/** A simulated HubSpot portal. */
export const simulator: HubspotSimulatorDefinition = {
  provider: 'hubspot',
  start: async (options = {}) => {
    const chosen = settingsOf(options)
    const now = options.now ?? (() => new Date())
    const random = seededRandom((options.seed ?? 1) + 1)
    const knobs = { indexLagMs: 0, rateLimits: false }
    // A change hides for half of the lag at least, and changes come into the index in any order.
    const indexDelayMs = () => (knobs.indexLagMs === 0 ? 0 : Math.round(knobs.indexLagMs * (0.5 + random() / 2)))
    const portal = makePortal({ portalId: chosen.portalId, timeZone: chosen.timeZone, now, random, indexDelayMs })
    const oauth = makeOAuth({ ...chosen, now })
    const columns = makeColumns()
    const hooks = makeWebhooks(portal, {
      secret: chosen.clientSecret,
      retrySpanMs: chosen.webhookRetrySpanMs,
      answerWithinMs: chosen.webhookAnswerMs,
      now,
      schedule: options.schedule,
      random: seededRandom((options.seed ?? 1) + 2),
      objectOf: ({ type }) => OBJECT_OF[type],
    })
    const asUser = <T>(act: () => T): T => portal.changes.as('CRM_UI', act)
    let key: Grant = { kind: 'key', scopes: new Set(chosen.keyScopes) }
    const guard = makeGuard(portal, {
      grantOf: (token) => (token === chosen.apiKey ? key : oauth.grantOf(token)),
      tenSecondly: chosen.tenSecondly,
      dailyLimit: chosen.dailyLimit,
      isLimiting: () => knobs.rateLimits,
    })
    const server = await serveSimulator({
      ...options,
      now,
      routes: makeRoutes(portal, oauth, chosen),
      before: guard.before,
      after: guard.after,
      notFound: () => refusalReply(refuse(404, 'OBJECT_NOT_FOUND', 'resource not found').refusal),
    })
    const typeId = (type: ObjectType, toType: ObjectType, isPrimary: boolean): number => {
      const types = typesBetween(OBJECT_OF[type], OBJECT_OF[toType])
      return (isPrimary ? types?.primary : undefined) ?? types?.plain ?? 0
    }
    return {
      url: server.url,
      faults: server.faults,
      log: server.log,
      calls: server.calls,
      stop: async () => {
        await hooks.stop()
        await server.stop()
      },
      webhooks: hooks.webhooks,
      weather: hooks.weather,
      sentWebhooks: hooks.sent,
      webhooksSettled: hooks.settled,
      oauth: { clientId: chosen.clientId, clientSecret: chosen.clientSecret },
      connection: {
        settings: { apiBaseUrl: server.url, authBaseUrl: server.url },
        credentials: { apiKey: chosen.apiKey },
      },
      portalId: portal.id,
      get indexLagMs() {
        return knobs.indexLagMs
      },
      set indexLagMs(ms) {
        knobs.indexLagMs = ms
      },
      get rateLimits() {
        return knobs.rateLimits
      },
      set rateLimits(isLimiting) {
        knobs.rateLimits = isLimiting
      },
      seed: async (plan) => portal.changes.as('IMPORT', () => seedPortal(portal, columns, plan)),
      truth: async (type) =>
        portal.tables[OBJECT_OF[type]].live().map((record) => toTruth(portal, columns, type, record)),
      edit: async (type, id, data) => {
        asUser(() => updateRecord(portal, OBJECT_OF[type], Number(id), toProperties(portal, columns, type, data)))
      },
      add: async (type, data, links = []) => {
        const given = links.map((link) => ({
          to: OBJECT_OF[link.type],
          id: Number(link.remoteId),
          typeId: typeId(type, link.type, true),
        }))
        const properties = toProperties(portal, columns, type, data)
        return String(asUser(() => createRecord(portal, OBJECT_OF[type], properties, given)).id)
      },
      // What a user deletes goes to the recycle bin: to the API, both words mean the same.
      remove: async (type, id) => asUser(() => archiveRecord(portal, OBJECT_OF[type], Number(id))),
      restore: async (type, id) => asUser(() => restoreRecord(portal, OBJECT_OF[type], Number(id))),
      erase: (type, id) => asUser(() => purgeRecord(portal, OBJECT_OF[type], Number(id))),
      signIn: (scopes = SCOPES) => oauth.issue(new Set(scopes)),
      revoke: oauth.revokeToken,
      expireAccessTokens: oauth.expireAccessTokens,
      setKeyScopes: (scopes) => {
        key = { kind: 'key', scopes: new Set(scopes) }
      },
      merge: async (type, keptId, mergedId) =>
        asUser(() =>
          String(mergeRecords(portal, OBJECT_OF[type], Number(keptId), Number(mergedId), chosen.mergeMakesNewId).id),
        ),
      link: (type, id, toType, toId, isPrimary = false) =>
        asUser(() =>
          portal.associations.add(
            OBJECT_OF[type],
            Number(id),
            OBJECT_OF[toType],
            Number(toId),
            typeId(type, toType, isPrimary),
          ),
        ),
      unlink: (type, id, toType, toId) =>
        asUser(() => portal.associations.remove(OBJECT_OF[type], Number(id), OBJECT_OF[toType], Number(toId))),
      lock: (type) => {
        portal.lockedUntilMs.set(OBJECT_OF[type], now().getTime() + LOCK_MS)
      },
      addUniqueProperty: (type, name) =>
        defineProperty(portal, OBJECT_OF[type], { name, label: name, type: 'string', fieldType: 'text', unique: true }),
    }
  },
}
