import type { Behaviour } from './behaviours.ts'
import { displayName } from './computed.ts'
import { type Environment, rowOf } from './environment.ts'
import { createMessage, logNote } from './messages.ts'
import { accessError, missingRequired, userError } from './odoo-error.ts'
import type { Values } from './store.ts'

const model = 'mail.activity'

/** Id of the type "To-Do", which an activity has that is given none. */
export const TO_DO = 4

/** Name of the model that an activity's document is of. */
export const documentModel = (env: Environment, values: Values): string | false => {
  const name = rowOf(env, 'ir.model', values['res_model_id'])?.['model']
  return typeof name === 'string' ? name : false
}

export const activityState = (env: Environment, values: Values): string => {
  if (values['active'] === false) return 'done'
  const today = new Date(env.stamp / 1_000).toISOString().slice(0, 10)
  const deadline = String(values['date_deadline'])
  if (deadline === today) return 'today'
  return deadline < today ? 'overdue' : 'planned'
}

/** An activity hangs on a document that is there, or on its user; before Odoo 19, always on a document. */
const check = (env: Environment, id: number): void => {
  const values = rowOf(env, model, id) ?? {}
  const document = documentModel(env, values)
  if (document === false) {
    if (env.version < 19) throw missingRequired(env.version, 'res_model_id', 'Document Model', 'Activity', model)
    if (values['user_id'] === false) throw userError('Activities must be assigned if not attached to a document.')
    return
  }
  const resId = Number(values['res_id'] ?? 0)
  if (resId === 0) throw userError('Activities have to be linked to records with a not null res_id.')
  if (rowOf(env, document, resId) === undefined)
    throw accessError(
      `The requested operation cannot be completed due to security restrictions. Please contact your system administrator.\n\n(Document type: Activity, Operation: create)\n\nRecords: ${id}, User: ${env.uid}`,
    )
}

/** Whoever is given an activity by another user is told so by e-mail, unless the context says "quick". */
const notify = (env: Environment, id: number): void => {
  const values = rowOf(env, model, id) ?? {}
  const user = values['user_id']
  if (typeof user !== 'number' || user === env.uid || env.context['mail_activity_quick_update'] === true) return
  const document = documentModel(env, values)
  if (document === false) return
  createMessage(env, {
    model: document,
    res_id: values['res_id'],
    body: '<div>You have been assigned an activity.</div>',
    message_type: 'user_notification',
  })
  env.store.put('mail.mail', env.store.nextId('mail.mail'), { subject: `${values['summary']} assigned to you` })
}

export const activityBehaviour: Behaviour = {
  defaults: (env) => ({
    activity_type_id: TO_DO,
    date_deadline: new Date(env.stamp / 1_000).toISOString().slice(0, 10),
    ...(env.version < 19 ? { user_id: env.uid } : {}),
  }),
  afterCreate: (env, id) => {
    check(env, id)
    notify(env, id)
  },
  beforeWrite: (env, _, given) => {
    const isDone = given['active'] === false
    return isDone ? { ...given, date_done: new Date(env.stamp / 1_000).toISOString().slice(0, 10) } : given
  },
  afterWrite: (env, id, given) => {
    check(env, id)
    if (given['user_id'] !== undefined) notify(env, id)
  },
}

/** Done: archived since Odoo 19, deleted before it, and told in the chatter of its document either way. */
export const finish = (env: Environment, id: number, feedback: unknown): void => {
  const values = rowOf(env, model, id) ?? {}
  const document = documentModel(env, values)
  const summary = String(values['summary'] || '')
  if (document !== false)
    logNote(
      env,
      document,
      Number(values['res_id']),
      `<div><p><span>To-Do</span> done: <span>${summary}</span></p></div>`,
    )
  if (env.version < 19) {
    env.store.remove(model, id)
    return
  }
  const today = new Date(env.stamp / 1_000).toISOString().slice(0, 10)
  const done = { active: false, date_done: today, feedback: feedback ?? false, write_date: env.stamp }
  env.store.put(model, id, { ...values, ...done })
}

/** What hangs on a document goes with it. */
export const removeActivitiesOf = (env: Environment, document: string, id: number): void => {
  for (const [activity, values] of env.store.table(model))
    if (documentModel(env, values) === document && values['res_id'] === id) env.store.remove(model, activity)
}

export const nameOfDocument = (env: Environment, values: Values): string | false => {
  const document = documentModel(env, values)
  return document === false ? false : displayName(env, document, Number(values['res_id']))
}
