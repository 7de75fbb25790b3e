import type { ObjectType } from '@raccordo/core/plugin'
import { type Simulator, type SimulatorDefinition, seededRandom, serveSimulator } from '@raccordo/testkit/simulator'
import { defineProperty } from './account.ts'
import { typesBetween } from './association-store.ts'
import { makeForms, objectOfData, objectOfId, objectsOf } from './canonical.ts'
import { refusalReply, refuse } from './failures.ts'
import { makeGuard } from './guard.ts'
import { makeOAuth } from './oauth.ts'
import type { Grant } from './oauth-grants.ts'
import { type HubspotOptions, SCOPES, settingsOf } from './options.ts'
import { makePortal } from './portal.ts'
import { text } from './property.ts'
import { makeRoutes } from './routes.ts'
import type { ObjectName } from './schema.ts'
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
  /** A user merges two records of one object; answers the id of the one that is left. */
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
    const portal = makePortal({
      portalId: chosen.portalId,
      timeZone: chosen.timeZone,
      currencies: chosen.currencies,
      now,
      random,
      indexDelayMs,
    })
    const oauth = makeOAuth({ ...chosen, now })
    const forms = makeForms(portal)
    const objectOf = (type: ObjectType, id: string) => objectOfId(portal, type, Number(id))
    const hooks = makeWebhooks(portal, {
      secret: chosen.clientSecret,
      retrySpanMs: chosen.webhookRetrySpanMs,
      answerWithinMs: chosen.webhookAnswerMs,
      now,
      schedule: options.schedule,
      random: seededRandom((options.seed ?? 1) + 2),
      objectOf: ({ type, id }) => objectOf(type, id),
    })
    const asUser = <T>(act: () => T): T => portal.changes.as('CRM_UI', act)
    let key: Grant = { kind: 'key', scopes: new Set(chosen.keyScopes) }
    const guard = makeGuard(portal, {
      grantOf: (token) => (token === chosen.apiKey ? key : oauth.grants.grantOf(token)),
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
    const typeId = (from: ObjectName, to: ObjectName, isPrimary: boolean): number => {
      const types = typesBetween(from, to)
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
      seed: async (plan) => portal.changes.as('IMPORT', () => seedPortal(portal, forms, plan)),
      truth: async (type) =>
        objectsOf(type).flatMap((object) => portal.tables[object].live().map((record) => forms.truth(object, record))),
      edit: async (type, id, data) => {
        const object = objectOf(type, id)
        const current = portal.tables[object].get(Number(id))?.properties
        asUser(() => updateRecord(portal, object, Number(id), forms.write(object, data, current)))
      },
      add: async (type, data, links = []) => {
        const object = objectOfData(type, data)
        const given = links.map((link) => {
          const to = objectOf(link.type, link.remoteId)
          return { to, id: Number(link.remoteId), typeId: typeId(object, to, true) }
        })
        const properties = { ...forms.write(object, data), ...forms.initial(object, data) }
        return String(asUser(() => createRecord(portal, object, properties, given)).id)
      },
      // What a user deletes goes to the recycle bin: to the API, both words mean the same.
      remove: async (type, id) => asUser(() => archiveRecord(portal, objectOf(type, id), Number(id))),
      restore: async (type, id) => asUser(() => restoreRecord(portal, objectOf(type, id), Number(id))),
      erase: (type, id) => asUser(() => purgeRecord(portal, objectOf(type, id), Number(id))),
      signIn: (scopes = SCOPES) => oauth.grants.issue(new Set(scopes)),
      revoke: oauth.grants.revoke,
      expireAccessTokens: oauth.grants.expireAccessTokens,
      setKeyScopes: (scopes) => {
        key = { kind: 'key', scopes: new Set(scopes) }
      },
      merge: async (type, keptId, mergedId) =>
        asUser(() =>
          String(
            mergeRecords(portal, objectOf(type, keptId), Number(keptId), Number(mergedId), chosen.mergeMakesNewId).id,
          ),
        ),
      link: (type, id, toType, toId, isPrimary = false) => {
        const [from, to] = [objectOf(type, id), objectOf(toType, toId)]
        asUser(() => portal.associations.add(from, Number(id), to, Number(toId), typeId(from, to, isPrimary)))
      },
      unlink: (type, id, toType, toId) =>
        asUser(() => portal.associations.remove(objectOf(type, id), Number(id), objectOf(toType, toId), Number(toId))),
      lock: (type) => {
        for (const object of objectsOf(type)) portal.lockedUntilMs.set(object, now().getTime() + LOCK_MS)
      },
      addUniqueProperty: (type, name) => {
        const definition = { ...text(name, name), unique: true }
        for (const object of objectsOf(type)) defineProperty(portal, object, definition)
      },
    }
  },
}
