import type { RemoteObject } from '@raccordo/core/plugin'
import { deals } from './deals.ts'
import { meetings } from './meetings.ts'
import { CALLS, EMAILS, NOTES } from './message-kinds.ts'
import { messages } from './messages.ts'
import { ORGANISATION, PERSON } from './partner-kinds.ts'
import { partners } from './partners.ts'
import type { OdooSettings } from './settings.ts'
import { tasks } from './tasks.ts'

/** In the order in which they name each other: a contact its company, a deal its contact. */
export const objects: readonly RemoteObject<OdooSettings>[] = [
  partners(ORGANISATION),
  partners(PERSON),
  deals,
  messages(CALLS),
  messages(NOTES),
  tasks,
  meetings,
  messages(EMAILS),
]
