import { finish } from './activities.ts'
import { type Method, ofRecords } from './method.ts'
import { create } from './write.ts'

/** Planning and finishing activities. What was planned is answered as a list of ids in Odoo 19, and as a text in 14. */
export const ACTIVITY_METHODS: Readonly<Record<string, Method>> = {
  activity_schedule: ofRecords(
    ['act_type_xmlid?', 'date_deadline?', 'summary?', 'note?', 'user_id?'],
    (env, model, ids, { act_type_xmlid: _, ...values }) => {
      const [document] = [...env.store.table('ir.model')].find(([, row]) => row['model'] === model) ?? []
      const list = ids.map((id) => ({ ...values, res_model_id: document ?? false, res_id: id }))
      const made = create(env, 'mail.activity', list)
      return env.version >= 17 ? made : `mail.activity(${made.join(', ')},)`
    },
  ),
  action_feedback: ofRecords(['feedback?', 'attachment_ids?'], (env, _, ids, { feedback }) => {
    for (const id of ids) finish(env, id, feedback)
    return ids[0] ?? false
  }),
}
