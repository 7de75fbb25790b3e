import type { Provider } from '@raccordo/core/plugin'
import { describe, expect, it } from 'vitest'
import { planChecks } from './plan.ts'
import type { AnyProvider } from './provider.ts'
import type { ConformanceOptions } from './world.ts'

const TIMEOUT_MS = 30_000

/**
 * Defines vitest tests that hold a provider to the rules of the contract, each named after its rule: whatever its
 * objects offer is run against its simulator over real HTTP, and whatever they do not offer is named as absent.
 */
export const describeProvider = <Settings extends object>(
  provider: Provider<Settings>,
  options: ConformanceOptions,
): void => {
  // The kit hands the provider nothing but settings of its own simulator, so what they are in detail does not matter.
  const plan = planChecks(provider as unknown as AnyProvider, options)
  describe(`${provider.id} keeps the contract`, () => {
    it('has no exception for a rule that does not exist', () => {
      const names = plan.map((check) => check.name)
      expect(Object.keys(options.exceptions ?? {}).filter((name) => !names.includes(name))).toEqual([])
    })
    for (const [group, checks] of Map.groupBy(plan, (check) => check.group))
      describe(group, () => {
        for (const check of checks) it(check.rule, { timeout: TIMEOUT_MS }, () => check.run())
      })
  })
}
