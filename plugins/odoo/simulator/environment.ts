import type { Change } from './hooks.ts'
import type { Model } from './models.ts'
import { userError } from './odoo-error.ts'
import type { Store, Values } from './store.ts'

/** Who calls, when, and in which context: what Odoo calls `env`. */
export interface Environment {
  readonly version: number
  readonly store: Store
  readonly models: ReadonlyMap<string, Model>
  readonly uid: number
  readonly isAdmin: boolean
  /** Start of the transaction, in microseconds: the stamp of all that it writes. */
  readonly stamp: number
  readonly context: Readonly<Record<string, unknown>>
  /** What the transaction has done, for the rules that fire when it has committed. */
  readonly changes: Change[]
  /** True where plain users may make automation rules. */
  readonly mayAutomate: boolean
}

export const modelNamed = (env: Environment, name: string): Model => {
  const model = env.models.get(name)
  if (model === undefined) throw userError(`Object ${name} doesn't exist`)
  return model
}

export const rowOf = (env: Environment, model: string, id: unknown): Values | undefined =>
  typeof id === 'number' ? env.store.table(model).get(id) : undefined

/** The partner that stands for the user: author of the user's messages. */
export const partnerOfUser = (env: Environment): number => Number(rowOf(env, 'res.users', env.uid)?.['partner_id'] ?? 0)
