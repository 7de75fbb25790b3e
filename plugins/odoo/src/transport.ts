import { type Ctx, fail, type Json, type Reply } from '@raccordo/core/plugin'
import { failureOfReply } from './errors.ts'
import type { OdooSettings } from './settings.ts'

/** A method call on a model, with named arguments as JSON-2 has them. */
export interface MethodCall {
  readonly model: string
  readonly method: string
  /** Records that the method runs on; absent for methods of the model itself. */
  readonly ids?: readonly number[]
  readonly named?: Readonly<Record<string, Json>>
  readonly context?: Readonly<Record<string, Json>>
  /** True when repeating the call does no harm. */
  readonly idempotent?: boolean
}

/** What signs a call: learned by `session`, kept encrypted by the engine. */
export interface OdooSession {
  readonly transport: 'jsonrpc' | 'json2'
  readonly uid: number
  /** As the server says it: "19.0", "saas~18.3". */
  readonly version: string
  /** Password or API key. */
  readonly secret: string
  readonly username?: string
  /** True where the secret is an API key, which ends some day. */
  readonly isKey: boolean
  /** When it ends, where the credentials say so. */
  readonly keyExpiresAt?: string
}

/** Runs a method with the connection's session over the transport that the session names, and answers its bare result. */
export const callMethod = async (ctx: Ctx<OdooSettings>, call: MethodCall): Promise<unknown> => {
  const session = sessionOf(ctx)
  return session.transport === 'json2' ? callJson2(ctx, session.secret, call) : callJsonRpc(ctx, session, call)
}

/** A call of an RPC service, which needs no session: `common.version`, `common.authenticate`. */
export const callService = async (
  ctx: Ctx<OdooSettings>,
  service: string,
  method: string,
  parameters: readonly Json[],
  idempotent = true,
): Promise<unknown> => {
  const body = { jsonrpc: '2.0', method: 'call', id: 1, params: { service, method, args: parameters } }
  const reply = await ctx.call({ method: 'POST', path: '/jsonrpc', body, idempotent, timeoutMs, anonymous: true })
  // A method that returns None answers with neither `result` nor `error`.
  return checked(reply).body?.result ?? null
}

export const callJson2 = async (ctx: Ctx<OdooSettings>, key: string, call: MethodCall): Promise<unknown> => {
  const { model, method, ids, named, context, idempotent = false } = call
  const reply = await ctx.call({
    method: 'POST',
    path: `/json/2/${model}/${method}`,
    headers: { Authorization: `bearer ${key}`, 'X-Odoo-Database': ctx.settings.database },
    body: { ...named, ...(ids === undefined ? {} : { ids }), ...(context === undefined ? {} : { context }) },
    idempotent,
    timeoutMs,
    anonymous: true,
  })
  return checked(reply).body ?? null
}

const callJsonRpc = (ctx: Ctx<OdooSettings>, session: OdooSession, call: MethodCall): Promise<unknown> => {
  const { ids, named = {}, context } = call
  const leading = POSITIONAL[call.method] ?? []
  const positional = [...(ids === undefined ? [] : [ids]), ...leading.map((name) => named[name] ?? null)]
  const rest = Object.fromEntries(Object.entries(named).filter(([name]) => !leading.includes(name)))
  const keywords = context === undefined ? rest : { ...rest, context }
  const target = [ctx.settings.database, session.uid, session.secret, call.model, call.method]
  return callService(ctx, 'object', 'execute_kw', [...target, positional, keywords], call.idempotent ?? false)
}

/** Arguments that older versions name differently, or only take by position. */
const POSITIONAL: Readonly<Record<string, readonly string[]>> = {
  create: ['vals_list'],
  write: ['vals'],
  load: ['fields', 'data'],
  search: ['domain'],
  search_read: ['domain'],
  search_count: ['domain'],
  check_object_reference: ['module', 'xml_id'],
}

/** A load of a hundred rows takes seconds on a busy server, and must not be taken for a lost one. */
const timeoutMs = 60_000

const checked = (reply: Reply): Reply => {
  const failure = failureOfReply(reply)
  if (failure !== undefined) throw fail(failure.kind, failure.message, failure)
  if (reply.status >= 400) throw fail('invalid', `Odoo answers with status ${reply.status}.`)
  return reply
}

export const sessionOf = (ctx: Ctx<OdooSettings>): OdooSession => {
  const { transport, uid, version, secret, username, isKey, keyExpiresAt } = ctx.session
  if (typeof uid !== 'number' || typeof secret !== 'string') throw fail('auth', 'There is no Odoo session.')
  return {
    transport: transport === 'json2' ? 'json2' : 'jsonrpc',
    uid,
    version: String(version),
    secret,
    isKey: isKey === true,
    ...(typeof keyExpiresAt === 'string' ? { keyExpiresAt } : {}),
    ...(typeof username === 'string' ? { username } : {}),
  }
}

/** A record as `search_read` answers it. */
export type OdooRecord = { readonly id: number } & Readonly<Record<string, unknown>>

export type Domain = readonly (Json | readonly Json[])[]

/** Records that match, archived ones included unless `activeOnly`. The default order of a model is not by id: it is always given. */
export const searchRead = async (
  ctx: Ctx<OdooSettings>,
  model: string,
  query: { domain: Domain; fields: readonly string[]; limit?: number; activeOnly?: boolean },
): Promise<readonly OdooRecord[]> => {
  const { domain, fields, limit, activeOnly = false } = query
  const rows = await callMethod(ctx, {
    model,
    method: 'search_read',
    named: { domain: domain as Json, fields, order: 'id asc', ...(limit === undefined ? {} : { limit }) },
    ...(activeOnly ? {} : { context: { active_test: false } }),
    idempotent: true,
  })
  if (!Array.isArray(rows)) throw fail('invalid', `Odoo answers a search in ${model} without a list.`)
  return rows as readonly OdooRecord[]
}
