import type { Behaviour } from './behaviours.ts'
import { type Environment, partnerOfUser, rowOf } from './environment.ts'
import { missingRequired, validationError } from './odoo-error.ts'
import type { Values } from './store.ts'
import { readTime, showTime } from './times.ts'

const model = 'calendar.event'
const HOUR = 3_600_000_000

const timeIn = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? readTime(value) : undefined
}

/** Now on the next half hour, for an hour: what the calendar offers. The end does not follow a start that is given. */
const beforeCreate = (env: Environment, given: Values): Values => {
  const now = Math.ceil(env.stamp / (HOUR / 2)) * (HOUR / 2)
  const start = timeIn(given['start']) ?? now
  const duration = typeof given['duration'] === 'number' ? start + given['duration'] * HOUR : undefined
  const stop = timeIn(given['stop']) ?? duration ?? now + HOUR
  const description = env.version >= 19 ? describedWith(env, given) : {}
  return { ...given, ...description, start: showTime(start), stop: showTime(stop) }
}

/** Odoo 19 adds who it is with to the text of an event, unless the context says no. */
const describedWith = (env: Environment, given: Values): Values => {
  const ids = Array.isArray(given['partner_ids']) ? given['partner_ids'].flatMap((command) => command?.[2] ?? []) : []
  const guest = rowOf(env, 'res.partner', ids[0])
  if (guest === undefined || env.context['skip_contact_description'] === true) return {}
  const text = typeof given['description'] === 'string' ? `${given['description']}<br>` : ''
  return { description: `<div>${text}<strong>Contact Details</strong><br>${guest['name']}</div>` }
}

/** The end follows the duration, and a start that is moved by itself. */
const beforeWrite = (_: Environment, __: number, given: Values, before: Values): Values => {
  const start = timeIn(given['start']) ?? Number(before['start'])
  if (given['stop'] !== undefined) return given
  if (typeof given['duration'] === 'number') return { ...given, stop: showTime(start + given['duration'] * HOUR) }
  if (given['start'] === undefined) return given
  return { ...given, stop: showTime(start + Number(before['stop']) - Number(before['start'])) }
}

const check = (env: Environment, id: number): void => {
  const { name, start, stop } = rowOf(env, model, id) ?? {}
  if (typeof name !== 'string' || name === '')
    throw missingRequired(env.version, 'name', 'Meeting Subject', 'Calendar Event', model)
  if (Number(stop) < Number(start))
    throw validationError(
      `The ending date and time cannot be earlier than the starting date and time.\nMeeting “${name}” starts at ${showTime(start)} and ends at ${showTime(stop)}`,
    )
}

/** Guests of an event to come are written to, unless the context says no. */
const invite = (env: Environment, id: number): void => {
  const { start, name } = rowOf(env, model, id) ?? {}
  if (Number(start) <= env.stamp || env.context['no_mail_to_attendees'] === true) return
  env.store.put('mail.mail', env.store.nextId('mail.mail'), { subject: `Invitation to ${name}` })
}

export const eventBehaviour: Behaviour = {
  defaults: (env) => ({ user_id: env.uid, partner_ids: [partnerOfUser(env)], allday: false, show_as: 'busy' }),
  beforeCreate,
  beforeWrite: (env, id, given) => beforeWrite(env, id, given, rowOf(env, model, id) ?? {}),
  afterCreate: (env, id) => {
    check(env, id)
    invite(env, id)
  },
  afterWrite: (env, id, given) => {
    check(env, id)
    if (given['start'] !== undefined && env.context['dont_notify'] !== true) invite(env, id)
  },
}

/** A partner or deal that is deleted leaves the events that it stood in. */
export const leaveEvents = (env: Environment, document: string, id: number): void => {
  for (const [event, values] of env.store.table(model)) {
    const guests = Array.isArray(values['partner_ids']) ? (values['partner_ids'] as number[]) : []
    if (document === 'res.partner' && guests.includes(id))
      env.store.put(model, event, { ...values, partner_ids: guests.filter((guest) => guest !== id) })
    if (document === 'crm.lead' && values['opportunity_id'] === id)
      env.store.put(model, event, { ...values, opportunity_id: false })
  }
}
