import type { ObjectType, Provider } from '@raccordo/core'
import type { Scope } from '@raccordo/testkit/histories'
import type { SimulatorDefinition } from '@raccordo/testkit/simulator'

/** What can happen to a CRM, by what its plugin offers and what its simulator can play. */
export const scopeOf = async (
  provider: Provider,
  definition: SimulatorDefinition,
  wanted: { readonly isQuiet: boolean; readonly crashes: boolean },
): Promise<Scope> => {
  const typesWith = (operation: 'pull' | 'create'): readonly ObjectType[] => [
    ...new Set(provider.objects.filter((object) => object[operation] !== undefined).map(({ type }) => type)),
  ]
  const played = await definition.start()
  try {
    return {
      types: typesWith('pull').filter((type) => type !== 'activity'),
      pushed: typesWith('create'),
      canMerge: played.merge !== undefined,
      canRestore: played.restore !== undefined,
      hasSlowCommits: played.commitDelayMs !== undefined,
      ...wanted,
    }
  } finally {
    await played.stop()
  }
}
