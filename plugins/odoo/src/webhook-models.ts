import { CALLS, EMAILS, NOTES } from './message-kinds.ts'
import { ORGANISATION, PERSON } from './partner-kinds.ts'

/** The remote objects that live in each model. */
export const OBJECTS_OF: ReadonlyMap<string, readonly string[]> = new Map([
  ['res.partner', [ORGANISATION.name, PERSON.name]],
  ['crm.lead', ['crm.lead']],
  ['mail.message', [CALLS.name, NOTES.name, EMAILS.name]],
  ['mail.activity', ['mail.activity']],
  ['calendar.event', ['calendar.event']],
])

export interface HookedModel {
  readonly model: string
  /** External id of the model: plain users may not look into `ir.model`. */
  readonly reference: string
  /** Which of its records a rule is for; all, if absent. */
  readonly filter?: string
}

const HOOKED: readonly HookedModel[] = [
  { model: 'res.partner', reference: 'base.model_res_partner' },
  { model: 'crm.lead', reference: 'crm.model_crm_lead' },
  // Chats of the whole company are messages too.
  {
    model: 'mail.message',
    reference: 'mail.model_mail_message',
    filter: "[('model', 'in', ['res.partner', 'crm.lead']), ('message_type', '!=', 'notification')]",
  },
  { model: 'mail.activity', reference: 'mail.model_mail_activity' },
  { model: 'calendar.event', reference: 'calendar.model_calendar_event' },
]

/** The models that some remote objects live in. */
export const modelsOf = (objects: readonly string[]): readonly HookedModel[] =>
  HOOKED.filter(({ model }) => OBJECTS_OF.get(model)?.some((name) => objects.includes(name)))
