import type { FeedPage, FeedRecord, ObjectType, PassState, PushReceipt, PushStatus } from '@raccordo/core'
import type { Api } from './api.ts'
import type { Bar } from './print.ts'

/** How a run stands, as the server says it. */
interface RunState {
  readonly state: 'running' | 'done' | 'failed'
  readonly passes: readonly PassState[]
  readonly error?: { readonly kind: string; readonly detail: string }
}

const WAIT_SECONDS = 1
const PUSH_WAIT_SECONDS = 20
const FEED_PAGE = 1_000

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const show = (bar: Bar | undefined, passes: readonly PassState[]): void => {
  const totals = passes.flatMap(({ total }) => (total === undefined ? [] : [total]))
  bar?.update(sum(passes.map(({ records }) => records)), totals.length < passes.length ? undefined : sum(totals))
}

/** Starts a run and follows it to its end. Throws where it failed, and where it takes longer than `patienceMs`. */
export const runToEnd = async (
  api: Api,
  connectionId: string,
  pass: 'backfill' | 'pull',
  options: { readonly objects: readonly ObjectType[]; readonly patienceMs: number; readonly bar?: Bar },
): Promise<void> => {
  const { objects, patienceMs, bar } = options
  const giveUpAt = Date.now() + patienceMs
  const path = `connections/${connectionId}`
  const { runId } = await api.send<{ runId: string }>('POST', `${path}/${pass}`, { objects })
  for (;;) {
    const { state, passes, error } = await api.get<RunState>(`${path}/runs/${runId}`, { wait: WAIT_SECONDS })
    show(bar, passes)
    if (state === 'done') return
    if (state === 'failed') throw new Error(`The ${pass} failed: ${error?.kind}, ${error?.detail}`)
    if (Date.now() > giveUpAt) throw new Error(`The ${pass} has not ended after ${patienceMs / 1_000} s.`)
  }
}

/** Reads the change feed of a type to its end. `next` is the place to go on from later. */
export const readFeed = async (
  api: Api,
  connectionId: string,
  object: ObjectType,
  after?: string,
): Promise<{ readonly records: readonly FeedRecord[]; readonly next: string }> => {
  const records: FeedRecord[] = []
  let cursor = after
  for (;;) {
    const query = { limit: FEED_PAGE, ...(cursor === undefined ? {} : { after: cursor }) }
    const page: FeedPage = await api.get<FeedPage>(`connections/${connectionId}/records/${object}`, query)
    records.push(...page.records)
    cursor = page.next
    if (!page.hasMore) return { records, next: page.next }
  }
}

/** Waits until a push is done, superseded or dead. Throws where it is still open after `patienceMs`. */
export const settled = async (api: Api, { id }: PushReceipt, patienceMs: number): Promise<PushStatus> => {
  const giveUpAt = Date.now() + patienceMs
  for (;;) {
    const push = await api.get<PushStatus>(`push/${id}`, { wait: PUSH_WAIT_SECONDS })
    if (push.status !== 'pending' && push.status !== 'in_flight') return push
    if (Date.now() > giveUpAt) {
      const reason = push.lastError === null ? '' : ` Last error: ${JSON.stringify(push.lastError)}`
      throw new Error(`Push ${id} is still ${push.status} after ${push.attempts} attempts.${reason}`)
    }
  }
}

/** Calls to a CRM that the server has counted since it started. */
export const apiCallsTo = async (api: Api, provider: string): Promise<number> => {
  const lines = (await api.text('metrics')).split('\n')
  const ofProvider = lines.filter(
    (line) => line.startsWith('crm_api_calls_total{') && line.includes(`provider="${provider}"`),
  )
  return sum(ofProvider.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1))))
}
