import type { Ctx, Outcome, RemoteObject } from '@raccordo/core/plugin'
import { type OdooSimulator, type OdooSimulatorOptions, startOdooSimulator } from '../simulator/index.ts'
import { provider } from '../src/index.ts'
import type { OdooSettings } from '../src/settings.ts'
import { openContext } from './context.ts'

/** A remote object of the provider whose every operation is there. */
export type Whole = Required<
  Omit<RemoteObject<OdooSettings>, 'holds' | 'onByDefault' | 'deleted' | 'links' | 'aliases'>
>

export const objectNamed = (name: string): Whole => {
  const found = provider.objects.find((object) => object.name === name)
  if (found === undefined) throw new Error(`There is no object ${name}`)
  return found as Whole
}

export const contacts = objectNamed('res.partner')
export const companies = objectNamed('res.partner.company')
export const deals = objectNamed('crm.lead')
export const calls = objectNamed('mail.message')
export const notes = objectNamed('mail.message.note')
export const emails = objectNamed('mail.message.email')
export const tasks = objectNamed('mail.activity')
export const meetings = objectNamed('calendar.event')

export interface Simulated {
  readonly simulator: OdooSimulator
  readonly ctx: Ctx<OdooSettings>
}

export const openSimulated = async (options: OdooSimulatorOptions = {}): Promise<Simulated> => {
  const simulator = await startOdooSimulator(options)
  const { settings, credentials } = simulator.connection
  return { simulator, ctx: await openContext(settings as unknown as OdooSettings, credentials) }
}

/** The id of an outcome that must be a success. */
export const idOf = (outcome: Outcome | undefined): string => {
  if (outcome?.ok !== true) throw new Error(`Not written: ${JSON.stringify(outcome)}`)
  return outcome.remoteId
}

/** All records of an object, page by page. */
export const pullAll = async (
  ctx: Ctx<OdooSettings>,
  object: Whole,
  fields: readonly string[],
  limit = 500,
  window?: { from: string; to: string },
) => {
  const records = []
  let cursor: string | undefined
  do {
    const page = await object.pull(ctx, {
      fields,
      limit,
      ...(cursor === undefined ? {} : { cursor }),
      ...(window === undefined ? {} : { window }),
    })
    records.push(...page.records)
    cursor = page.next
  } while (cursor !== undefined)
  return records
}
