import { activityBehaviour } from './activities.ts'
import type { Environment } from './environment.ts'
import { eventBehaviour } from './events.ts'
import { leadBehaviour } from './leads.ts'
import { messageBehaviour } from './messages.ts'
import { partnerBehaviour } from './partners.ts'
import type { Values } from './store.ts'

/** What a model does besides keeping values. */
export interface Behaviour {
  readonly defaults?: (env: Environment) => Values
  /** Fills in what the client left out of a new record. */
  readonly beforeCreate?: (env: Environment, given: Values) => Values
  /** Changes what is about to be written; or refuses it. */
  readonly beforeWrite?: (env: Environment, id: number, given: Values) => Values
  readonly afterCreate?: (env: Environment, id: number, given: Values) => void
  readonly afterWrite?: (env: Environment, id: number, given: Values, before: Values) => void
  readonly beforeUnlink?: (env: Environment, id: number) => void
}

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  'res.partner': partnerBehaviour,
  'mail.message': messageBehaviour,
  'crm.lead': leadBehaviour,
  'mail.activity': activityBehaviour,
  'calendar.event': eventBehaviour,
}

export const behaviourOf = (model: string): Behaviour => BEHAVIOURS[model] ?? {}
