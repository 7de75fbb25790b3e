import { type Route, type SimulatorServer, serveSimulator } from '@raccordo/testkit/simulator'
import type { Fields } from '../../src/contract.ts'
import { type CrmRecord, type CrmState, createState, newest } from './state.ts'

/** A fake CRM over HTTP: small, inspectable and nasty. */
export interface FakeCrm extends CrmState {
  readonly server: SimulatorServer
  stop(): Promise<void>
  /** Calls to a path so far. */
  callsTo(path: RegExp): number
}

const shown = (record: CrmRecord, version = newest(record)) => ({
  id: record.id,
  at: new Date(version.stampMs).toISOString(),
  deletedAt: record.deletedMs === undefined ? null : new Date(record.deletedMs).toISOString(),
  fields: version.fields,
  mergedIds: record.mergedIds,
})

interface PageBody {
  readonly from?: string
  readonly to?: string
  readonly after?: string
  readonly limit: number
}

const isInside = (ms: number, { from, to }: PageBody): boolean =>
  (from === undefined || ms >= Date.parse(from)) && (to === undefined || ms < Date.parse(to))

const pageOf = <Row extends { readonly id: string }>(rows: readonly Row[], { after, limit }: PageBody) => {
  const sorted = rows.filter(({ id }) => Number(id) > Number(after ?? 0)).sort((a, b) => Number(a.id) - Number(b.id))
  const page = sorted.slice(0, limit)
  return { rows: page, next: sorted.length > limit ? page.at(-1)?.id : undefined, total: rows.length }
}

interface WriteRow {
  readonly id?: string
  readonly marker?: string
  readonly fields: Fields
}

const isBad = ({ fields }: WriteRow): boolean => fields['title'] === 'BAD' || fields['subject'] === 'BAD'
const COMPLAINT = 'The value BAD is not allowed here'

const routesOf = (state: CrmState): readonly Route[] => {
  const { knobs } = state
  const answerOf = (record: CrmRecord) => ({
    id: record.id,
    ...(knobs.isSilent ? {} : { at: new Date(newest(record).stampMs).toISOString() }),
  })
  const create = (object: string, row: WriteRow) => {
    if (isBad(row)) return { error: { kind: 'invalid', message: COMPLAINT, field: 'title' } }
    const { email } = row.fields
    const same = state.live(object).filter((record) => email != null && newest(record).fields['email'] === email)
    if (same.length > 0)
      return { error: { kind: 'conflict', message: 'It is there already', existingIds: same.map(({ id }) => id) } }
    return { created: true, ...answerOf(state.add(object, row.fields, row.marker ? { marker: row.marker } : {})) }
  }
  const update = (object: string, row: WriteRow) => {
    const record = state.live(object).find(({ id }) => id === row.id)
    if (record === undefined) return { error: { kind: 'not_found', message: `There is no ${object} ${row.id}` } }
    if (isBad(row)) return { error: { kind: 'invalid', message: COMPLAINT, field: 'title' } }
    return answerOf(state.edit(object, record.id, row.fields))
  }
  const batch =
    (write: (object: string, row: WriteRow) => unknown): Route['handle'] =>
    ({ params, json }) => {
      const rows: readonly WriteRow[] = json().rows
      if (knobs.rejectsWhole && rows.some(isBad)) return { status: 400, body: { message: COMPLAINT } }
      return { body: { rows: rows.map((row) => write(params['object'] ?? '', row)) } }
    }
  const post = (path: string, handle: Route['handle']): Route => ({ method: 'POST', path: `/:object/${path}`, handle })
  return [
    { method: 'GET', path: '/me', handle: () => ({ body: { id: 'account-1' } }) },
    post('search', ({ params, json }) => {
      const body: PageBody = json()
      const rows = state.live(params['object'] ?? '').flatMap((record) => {
        const version = state.indexed(record)
        return version === undefined || !isInside(version.stampMs, body) ? [] : [shown(record, version)]
      })
      return { body: pageOf(rows, body) }
    }),
    post('stamps', ({ params, json }) => {
      const body: PageBody = json()
      const rows = state.live(params['object'] ?? '').filter((record) => isInside(newest(record).stampMs, body))
      return { body: pageOf(rows.map(shownWithoutFields), body) }
    }),
    post('deleted', ({ params, json }) => {
      const body: PageBody = json()
      const rows = state
        .records(params['object'] ?? '')
        .filter(({ deletedMs }) => deletedMs !== undefined && isInside(deletedMs, body))
      return {
        body: pageOf(
          rows.map((record) => shown(record)),
          body,
        ),
      }
    }),
    post('read', ({ params, json }) => {
      const ids: readonly string[] = json().ids
      const found = state.live(params['object'] ?? '').filter(({ id }) => ids.includes(id))
      return { body: { rows: found.map((record) => shown(record)) } }
    }),
    post('find', ({ params, json }) => {
      const { field, values } = json()
      const found = state.live(params['object'] ?? '').filter((record) => {
        return !knobs.isBlind && values.includes(newest(record).fields[field])
      })
      return { body: { rows: found.map((record) => ({ id: record.id, value: newest(record).fields[field] })) } }
    }),
    post('locate', ({ params, json }) => {
      const { marker } = json()
      const found = state.live(params['object'] ?? '').filter((record) => record.marker === marker)
      return { body: { ids: found.map(({ id }) => id) } }
    }),
    post('create', batch(create)),
    post('update', batch(update)),
  ]
}

const shownWithoutFields = (record: CrmRecord) => ({
  id: record.id,
  at: new Date(newest(record).stampMs).toISOString(),
})

export const startCrm = async (more: readonly Route[] = []): Promise<FakeCrm> => {
  const state = createState()
  const server = await serveSimulator({
    routes: [...more, ...routesOf(state)],
    before: ({ headers }) =>
      headers['authorization'] === `Bearer ${state.knobs.token}`
        ? undefined
        : { status: 401, body: { message: 'The key is not valid' } },
  })
  return {
    ...state,
    server,
    stop: () => server.stop(),
    callsTo: (path) => server.log.filter((request) => path.test(request.path)).length,
  }
}
