import type { Environment } from './environment.ts'

export interface Method {
  /** Parameters in their order; those that need not be given end in "?". */
  readonly parameters: readonly string[]
  /** True where it runs on records: `ids` come first. */
  readonly onRecords: boolean
  run(env: Environment, model: string, ids: readonly number[], named: Readonly<Record<string, unknown>>): unknown
}

export const ofModel = (
  parameters: readonly string[],
  run: (env: Environment, model: string, named: Readonly<Record<string, unknown>>) => unknown,
): Method => ({
  parameters,
  onRecords: false,
  run: (env, model, _, named) => run(env, model, named),
})

export const ofRecords = (parameters: readonly string[], run: Method['run']): Method => ({
  parameters,
  onRecords: true,
  run,
})
