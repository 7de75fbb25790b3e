import type { Asker } from '../api.ts'
import type { ObjectType } from '../contract.ts'
import { crmError } from '../errors.ts'
import { addHints } from '../store/inbox.ts'
import { findRecord } from '../store/records.ts'
import { instant } from '../store/rows.ts'
import { type AnyObject, openCrm } from '../sync/crm.ts'
import { eraseContent, livingIds } from '../sync/erase.ts'
import { newId } from '../sync/identifiers.ts'
import type { HostDeps } from './deps.ts'

/**
 * Removes a person's content on request, once the CRM is known to have forgotten it. Throws `conflict` where the record
 * still lives there, and `not_found` for a type that the provider has no object of.
 */
export const eraseOnRequest = async (
  { engine, signal }: HostDeps,
  connectionId: string,
  type: ObjectType,
  externalId: string,
  asker: Asker,
): Promise<{ readonly status: 'erased' | 'pending' }> => {
  const crm = await openCrm(engine, connectionId)
  const correlationId = asker.correlationId ?? newId('erase')
  const ofType = (crm.provider.objects as readonly AnyObject[]).filter((object) => object.type === type)
  const stored = await findRecord(engine.database, connectionId, type, externalId)
  // An id is unique in one object only: what is stored tells which one is meant, and else it may be any of the type.
  const objects = stored === undefined ? ofType : ofType.filter(({ name }) => name === stored.object)
  if (objects.length === 0) {
    throw crmError('not_found', `${crm.provider.title} has no ${type} ${externalId}.`, { connectionId })
  }
  for (const object of objects) {
    if (!(await livingIds(crm, object, [externalId], { signal, correlationId })).has(externalId)) continue
    const message = `${crm.provider.title} still has ${object.name} ${externalId}: delete it there first.`
    throw crmError('conflict', message, { connectionId })
  }
  let isComplete = true
  for (const { name } of objects) {
    const erasure = { connectionId, type, object: name, externalId, actor: asker.actor ?? 'host', correlationId }
    if (await eraseContent(engine, erasure)) continue
    isComplete = false
    const hint = {
      dedupeKey: newId('erase'),
      object: name,
      externalId,
      op: 'erase' as const,
      at: instant(engine.clock.wallMs()),
      mergedInto: null,
    }
    await addHints(engine.database.db, connectionId, crm.provider.id, correlationId, [hint])
  }
  return { status: isComplete ? 'erased' : 'pending' }
}
