import { rowOf } from './environment.ts'
import { type Method, ofRecords } from './method.ts'
import { write } from './write.ts'

/** Buttons of an opportunity. Losing one and taking one out of the archive answer nothing at all. */
export const LEAD_METHODS: Readonly<Record<string, Method>> = {
  'crm.lead.action_set_won': ofRecords([], (env, model, ids) => {
    const [won] = [...env.store.table('crm.stage')].find(([, { is_won }]) => is_won === true) ?? []
    return write(env, model, ids, { active: true, stage_id: won ?? false })
  }),
  'crm.lead.action_set_lost': ofRecords(['lost_reason_id?'], (env, model, ids, named) => {
    write(env, model, ids, { ...named, active: false, probability: 0 })
    return undefined
  }),
  'crm.lead.action_archive': ofRecords([], (env, model, ids) => {
    write(env, model, ids, { active: false })
    return undefined
  }),
  'crm.lead.action_unarchive': ofRecords([], (env, model, ids) => {
    for (const id of ids) {
      const automated = rowOf(env, model, id)?.['automated_probability']
      write(env, model, [id], { active: true, probability: automated ?? 0 })
    }
    return undefined
  }),
}
