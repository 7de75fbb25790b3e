import type { LinkInfo, LinksApi } from '../api.ts'
import type { ObjectType } from '../contract.ts'
import { crmError } from '../errors.ts'
import { listLinks, putLinks, type StoredLinkRow } from '../store/links.ts'
import { findRecord } from '../store/records.ts'
import { type Crm, openCrm } from '../sync/crm.ts'
import type { HostDeps } from './deps.ts'
import { decodeCursor, encodeCursor, pageSize } from './page.ts'

interface Position {
  readonly type: string
  readonly localId: string
}

const isPosition = (value: unknown): value is Position =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  typeof value.type === 'string' &&
  'localId' in value &&
  typeof value.localId === 'string'

const present = ({ type, localId, externalId, object }: StoredLinkRow): LinkInfo => ({
  object: type,
  localId,
  externalId,
  kind: object,
})

const kindsOf = (crm: Crm, type: ObjectType): readonly string[] =>
  crm.provider.objects.filter((object) => object.type === type).map(({ name }) => name)

/** Which of the host's records is which in the CRM. */
export const createLinksApi = ({ engine }: HostDeps): LinksApi => ({
  put: async (connectionId, { object, localId, externalId, kind }) => {
    const crm = await openCrm(engine, connectionId)
    const kinds = kindsOf(crm, object)
    if (localId === '' || externalId === '') {
      throw crmError('invalid', 'A link needs a localId and an externalId.', {
        pointer: localId === '' ? '/localId' : '/externalId',
      })
    }
    const known = await findRecord(engine.database, connectionId, object, externalId)
    const name = kind ?? known?.object ?? kinds[0]
    if (name === undefined || !kinds.includes(name)) {
      throw crmError(
        'invalid',
        `${crm.provider.title} keeps a ${object} as ${kinds.join(' or ') || 'nothing'}, not as ${kind}.`,
        { pointer: '/kind' },
      )
    }
    await putLinks(engine.database.db, connectionId, [{ type: object, localId, object: name, externalId }])
    return { object, localId, externalId, kind: name }
  },
  list: async (connectionId, filter = {}) => {
    const limit = pageSize(filter.limit, 100, 1_000)
    const after = filter.after === undefined ? undefined : decodeCursor(filter.after, isPosition)
    const rows = await listLinks(
      engine.database,
      connectionId,
      {
        ...(filter.object === undefined ? {} : { type: filter.object }),
        ...(filter.localId === undefined ? {} : { localId: filter.localId }),
        ...(filter.externalId === undefined ? {} : { externalId: filter.externalId }),
      },
      after,
      limit + 1,
    )
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const next =
      rows.length > limit && last !== undefined ? encodeCursor({ type: last.type, localId: last.localId }) : null
    return { items: page.map(present), next }
  },
})
