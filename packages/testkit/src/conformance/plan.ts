import assert from 'node:assert/strict'
import type { InWorld, ObjectCheck, ProviderCheck } from './check.ts'
import { abortChecks } from './checks/abort.ts'
import { createChecks } from './checks/create.ts'
import { dataChecks, mappingChecks } from './checks/data.ts'
import { pullChecks } from './checks/pull.ts'
import { readChecks } from './checks/read.ts'
import { refusalChecks } from './checks/refusal.ts'
import { sourceChecks } from './checks/source.ts'
import { unknownOutcomeChecks } from './checks/unknown-outcome.ts'
import { updateChecks } from './checks/update.ts'
import { webhookChecks } from './checks/webhooks.ts'
import { withEvidence } from './evidence.ts'
import { type AnyObject, type AnyProvider, OPERATIONS } from './provider.ts'
import { subjectOf } from './subject.ts'
import { type ConformanceOptions, SEEDED, startWorld } from './world.ts'

/** A check that is ready to run, with its full name: the object's first, where it is one object's. */
export interface PlannedCheck {
  readonly group: string
  readonly rule: string
  /** `group: rule`, by which exceptions are named. */
  readonly name: string
  run(): Promise<void>
}

const OBJECT_CHECKS: readonly ObjectCheck[] = [
  ...mappingChecks,
  ...pullChecks,
  ...readChecks,
  ...createChecks,
  ...unknownOutcomeChecks,
  ...updateChecks,
  ...refusalChecks,
  ...abortChecks,
]

/**
 * Every check of a provider, in the order of the operations. What an object does not offer is a check too: that it is
 * indeed not there. An exception turns its check round.
 */
export const planChecks = (provider: AnyProvider, options: ConformanceOptions): readonly PlannedCheck[] => {
  const providerPlan = (check: ProviderCheck) =>
    planned(provider.id, check.rule, () => check.run(provider, options, inWorld(provider, options)))
  const webhooks =
    provider.webhooks === undefined
      ? [planned(provider.id, 'webhooks are not offered', async () => assert.equal(provider.webhooks, undefined))]
      : webhookChecks.map(providerPlan)
  const plan = [
    ...[...dataChecks, ...sourceChecks].map(providerPlan),
    ...webhooks,
    ...provider.objects.flatMap((object) => [
      ...absences(object),
      ...OBJECT_CHECKS.flatMap((check) => objectPlan(provider, options, object, check)),
    ]),
  ]
  return plan.map((check) => excepted(check, options.exceptions?.[check.name]))
}

const planned = (group: string, rule: string, run: () => Promise<void>): PlannedCheck => ({
  group,
  rule,
  name: `${group}: ${rule}`,
  run,
})

const absences = (object: AnyObject): readonly PlannedCheck[] =>
  OPERATIONS.filter((name) => object[name] === undefined).map((name) =>
    planned(object.name, `${name} is not offered`, async () => assert.equal(object[name], undefined)),
  )

/** What needs an operation that is not there has been named as absent already. */
const objectPlan = (
  provider: AnyProvider,
  options: ConformanceOptions,
  object: AnyObject,
  check: ObjectCheck,
): readonly PlannedCheck[] => {
  if (check.needs.some((name) => object[name] === undefined)) return []
  const { applies = () => true } = check
  if (!applies(object))
    return [planned(object.name, `does not apply: ${check.rule}`, async () => assert.equal(applies(object), false))]
  const run = () => inWorld(provider, options)(async (world) => check.run(await subjectOf(world, object)))
  return [planned(object.name, check.rule, run)]
}

const excepted = (check: PlannedCheck, reason: string | undefined): PlannedCheck => {
  if (reason === undefined) return check
  const run = () => assert.rejects(check.run(), `${check.name} holds: take it from the exceptions`)
  return { ...check, rule: `${check.rule} (not kept: ${reason})`, run }
}

const inWorld =
  (provider: AnyProvider, options: ConformanceOptions): InWorld =>
  async (work) => {
    const world = await startWorld(provider, options, SEEDED)
    try {
      return await work(world)
    } catch (error) {
      throw withEvidence(error, world)
    } finally {
      await world.simulator.stop()
    }
  }
