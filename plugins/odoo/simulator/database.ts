import { type Bound, bindNamed, bindPositional } from './arguments.ts'
import { installData } from './demo-data.ts'
import { type Environment, rowOf } from './environment.ts'
import { sendHooks } from './hooks.ts'
import { methodNamed } from './methods.ts'
import { modelsOf } from './models.ts'
import { accessDenied, missingError, userError } from './odoo-error.ts'
import { openStore } from './store.ts'
import { create, write } from './write.ts'

export interface SimulatedUser {
  readonly uid: number
  readonly login: string
  readonly password: string
  readonly apiKey: string
  readonly isAdmin: boolean
}

/** One simulated Odoo database: users, records and the methods that clients call. */
export interface Database {
  readonly name: string
  readonly version: number
  readonly users: readonly SimulatedUser[]
  authenticate(login: unknown, secret: unknown): number | false
  /** The user that a key of JSON-2 belongs to. */
  userOfKey(key: string): SimulatedUser | undefined
  /** Runs a method as a user that has shown the secret: `execute_kw`. */
  execute(
    uid: unknown,
    secret: unknown,
    model: string,
    method: string,
    list: readonly unknown[],
    keywords: Readonly<Record<string, unknown>>,
  ): unknown
  /** Runs a method with named arguments: JSON-2. */
  executeNamed(user: SimulatedUser, model: string, method: string, body: Readonly<Record<string, unknown>>): unknown
  /** How long writes of the CRM's own users take to commit, in ms; what they write bears the stamp of their beginning. */
  commitDelayMs: number
  /** Where every change is told, as rules that a person made would; besides the rules of the database itself. */
  toldUrl: string | undefined
  /** A user of the CRM makes or changes a record, perhaps in a transaction that commits late. Answers the id. */
  writeAsUser(model: string, id: number | undefined, values: Readonly<Record<string, unknown>>): number
}

export interface DatabaseOptions {
  readonly name: string
  readonly version: number
  readonly now: () => Date
  readonly userTimeZone?: string | undefined
  readonly automation?: 'closed' | 'open' | undefined
}

export const openDatabase = ({ name, version, now, userTimeZone, automation }: DatabaseOptions): Database => {
  const store = openStore()
  const models = modelsOf(version, automation !== undefined)
  const waiting: { readonly dueMs: number; readonly commit: () => void }[] = []
  let transactions = 0
  const begin = (user: SimulatedUser, context: Readonly<Record<string, unknown>> = {}): Environment => {
    transactions += 1
    const stamp = now().getTime() * 1_000 + ((transactions * 7_919) % 1_000)
    const mayAutomate = automation === 'open'
    return { version, store, models, uid: user.uid, isAdmin: user.isAdmin, stamp, context, changes: [], mayAutomate }
  }
  const users = installData(begin, version, userTimeZone)
  const administrator = users.find(({ isAdmin }) => isAdmin) as SimulatedUser

  const commitDue = (): void => {
    const nowMs = now().getTime()
    const due = waiting.filter(({ dueMs }) => dueMs <= nowMs)
    for (const transaction of due) {
      waiting.splice(waiting.indexOf(transaction), 1)
      transaction.commit()
    }
  }
  const run = (user: SimulatedUser, model: string, name: string, bind: (env: Environment) => Bound): unknown => {
    commitDue()
    const { ids, named, context } = bind(begin(user))
    const language = context['lang']
    if (version >= 19 && typeof language === 'string' && language !== 'en_US')
      throw userError(`Invalid language code: ${language}`)
    const env = begin(user, context)
    const result = store.atomically(() => methodNamed(env, model, name).run(env, model, ids, named))
    sendHooks(store, env, database.toldUrl)
    return result
  }

  /**
   * A transaction cannot commit over a version that came after its beginning: Odoo begins it again, with a stamp of its
   * own. Undefined where the record is gone: then it is rolled back.
   */
  const repeated = (env: Environment, model: string, id: number): Environment | undefined => {
    const current = rowOf(env, model, id)
    if (current === undefined) return undefined
    const isOvertaken = Number(current['write_date']) > env.stamp
    return isOvertaken ? begin(administrator, { tracking_disable: true }) : env
  }

  const database: Database = {
    name,
    version,
    users,
    commitDelayMs: 0,
    toldUrl: undefined,
    authenticate: (login, secret) => users.find((user) => user.login === login && proves(user, secret))?.uid ?? false,
    userOfKey: (key) => users.find(({ apiKey }) => apiKey === key),
    execute: (uid, secret, model, method, list, keywords) => {
      if (typeof uid !== 'number' || typeof secret !== 'string' || secret === '') throw accessDenied()
      const user = users.find((candidate) => candidate.uid === uid)
      if (user === undefined) throw missingError('res.users', [uid], uid)
      if (!proves(user, secret)) throw accessDenied()
      return run(user, model, method, (env) =>
        bindPositional(version, model, method, methodNamed(env, model, method), list, keywords),
      )
    },
    executeNamed: (user, model, method, body) =>
      run(user, model, method, (env) => bindNamed(model, method, methodNamed(env, model, method), body)),
    writeAsUser: (model, known, values) => {
      commitDue()
      const env = begin(administrator, { tracking_disable: true })
      const id = known ?? store.nextId(model)
      const commit = () => {
        const own = known === undefined ? env : repeated(env, model, known)
        if (own === undefined) return
        store.atomically(() =>
          known === undefined ? create(own, model, [values], [id]) : write(own, model, [known], values),
        )
        sendHooks(store, own, database.toldUrl)
      }
      if (database.commitDelayMs === 0) commit()
      else waiting.push({ dueMs: now().getTime() + database.commitDelayMs, commit })
      return id
    },
  }
  return database
}

const proves = ({ password, apiKey }: SimulatedUser, secret: unknown): boolean =>
  secret === password || secret === apiKey
