import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { CrmError, loadSimulators, type Provider } from '@raccordo/core'
import { driveHistory, type History, inventHistory, judgeHistory, openWorld } from '@raccordo/testkit/histories'
import type { SimulatorDefinition } from '@raccordo/testkit/simulator'
import { expect, it } from 'vitest'
import { scopeOf } from './scope.ts'

const host = fileURLToPath(new URL('../../package.json', import.meta.url))
const installed = await Promise.all(
  (await loadSimulators(host)).map(async ({ provider: id, packageName, simulator }) => {
    const module = await import(pathToFileURL(createRequire(host).resolve(packageName)).href)
    return { id, provider: module.provider as Provider, simulator: simulator as SimulatorDefinition }
  }),
)

const judged = async (provider: Provider, simulator: SimulatorDefinition, histories: readonly History[]) => {
  const world = await openWorld(provider, simulator)
  try {
    const breaches: string[] = []
    for (const history of histories) {
      const stage = await driveHistory(world, history)
      const verdict = await judgeHistory(stage)
      breaches.push(...verdict.breaches.map(({ promise, detail }) => `${history.seed} ${promise}: ${detail}`))
      await stage.crm.stop()
      await world.during(world.host.connections.remove(stage.connectionId))
    }
    return breaches
  } finally {
    await world.close()
  }
}

it.each(installed)(
  'nothing is lost and nothing comes twice in a few hostile histories of $id',
  {
    timeout: 240_000,
  },
  async ({ provider, simulator }) => {
    const scope = await scopeOf(provider, simulator, { isQuiet: false, crashes: false })
    const histories = [1, 2, 3].map((seed) => inventHistory(seed, scope))
    expect(await judged(provider, simulator, histories)).toEqual([])
  },
)

it('the same seed and scope give the same history', async () => {
  const [first] = installed
  if (first === undefined) throw new Error('No CRM is installed.')
  const scope = await scopeOf(first.provider, first.simulator, { isQuiet: false, crashes: true })
  expect(inventHistory(7, scope)).toEqual(inventHistory(7, scope))
  expect(inventHistory(7, scope)).not.toEqual(inventHistory(8, scope))
})

const history = (steps: History['steps']): History => ({
  seed: 1,
  contacts: 6,
  companies: 2,
  limits: false,
  skewMs: 0,
  steps,
})

/** The plugin with one thing wrong in every object. */
const spoilt = (provider: Provider, spoil: (object: Provider['objects'][number]) => object): Provider =>
  ({ ...provider, objects: provider.objects.map((object) => ({ ...object, ...spoil(object) })) }) as Provider

it('a plugin that reads no change is found out: what it misses is told as stale', { timeout: 120_000 }, async () => {
  const [first] = installed
  if (first === undefined) throw new Error('No CRM is installed.')
  const blind = spoilt(first.provider, ({ pull, read }) => ({
    stamps: async () => ({ rows: [] }),
    read: async (...given: Parameters<NonNullable<typeof read>>) =>
      (await read?.(...given))?.map((record) => ({ ...record, fields: {} })),
    pull: async (...[ctx, page]: Parameters<NonNullable<typeof pull>>) =>
      page.window === undefined ? pull?.(ctx, page) : { records: [] },
  }))
  const edited = history([
    { do: 'wait', ms: 8_000 },
    { do: 'edit', type: 'contact', pick: 0.5, value: 1 },
    { do: 'wait', ms: 31_000 },
  ])
  const breaches = await judged(blind, first.simulator, [edited])
  expect(breaches.some((breach) => breach.includes('stale: contact'))).toBe(true)
})

it('a plugin that repeats a create after a lost answer is found out: the record is there twice', {
  timeout: 120_000,
}, async () => {
  const [first] = installed
  if (first === undefined) throw new Error('No CRM is installed.')
  let isLost = false
  const forgetful = spoilt(first.provider, ({ create }) => ({
    locate: async () => [],
    create: async (...[ctx, rows]: Parameters<NonNullable<typeof create>>) => {
      const outcomes = await create?.(ctx, rows)
      if (isLost) return outcomes
      isLost = true
      throw new CrmError('timeout', 'No answer came in time', { unknownOutcome: true })
    },
  }))
  const pushed = history([
    { do: 'wait', ms: 8_000 },
    { do: 'push', type: 'activity', local: 1, value: 1 },
    { do: 'wait', ms: 400_000 },
  ])
  const breaches = await judged(forgetful, first.simulator, [pushed])
  expect(breaches.some((breach) => breach.includes('duplicated'))).toBe(true)
})
