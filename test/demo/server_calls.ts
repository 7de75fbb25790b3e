import { setTimeout as delay } from 'node:timers/promises'
import type {
  ConnectionState,
  FeedPage,
  FeedRecord,
  ObjectType,
  PassState,
  PushReceipt,
  PushStatus,
} from '@raccordo/core'
import type { Api } from './api.ts'
import { CheckFailed } from './checks.ts'

const LOOK_EVERY_MS = 150
const PATIENCE_MS = 180_000

/** Asks for a run and follows it to its end; fails with the CRM's words where it fails. */
export const follow = async (
  api: Api,
  connectionId: string,
  what: 'backfill' | 'pull',
  onProgress: (passes: readonly PassState[]) => void = () => undefined,
): Promise<readonly PassState[]> => {
  const { runId } = await api.send<{ runId: string }>('POST', `connections/${connectionId}/${what}`, {})
  const endsAt = Date.now() + PATIENCE_MS
  for (;;) {
    const { passes } = await api.get<ConnectionState>(`connections/${connectionId}/status`)
    const own = passes.filter((pass) => pass.runId === runId)
    onProgress(own)
    if (own.length > 0 && own.every(({ finishedAt, state }) => finishedAt !== undefined && state === 'idle')) return own
    if (Date.now() > endsAt) {
      const errors = own.flatMap(({ object, lastError }) =>
        lastError === undefined ? [] : [`${object}: ${JSON.stringify(lastError)}`],
      )
      throw new CheckFailed(`The ${what} did not end in ${PATIENCE_MS / 1_000} s. ${errors.join('; ')}`)
    }
    await delay(LOOK_EVERY_MS)
  }
}

/** The whole change feed of a type behind `after`, and where to go on. */
export const readFeed = async (
  api: Api,
  connectionId: string,
  object: ObjectType,
  after?: string,
): Promise<{ readonly records: readonly FeedRecord[]; readonly next: string }> => {
  const records: FeedRecord[] = []
  let position = after
  for (;;) {
    const page = await api.get<FeedPage>(`connections/${connectionId}/records/${object}`, {
      limit: 500,
      ...(position === undefined ? {} : { after: position }),
    })
    records.push(...page.records)
    position = page.next
    if (!page.hasMore) return { records, next: page.next }
  }
}

/** Pushes one record and waits until it is in the CRM. */
export const pushAndWait = async (api: Api, connectionId: string, item: object): Promise<PushStatus> => {
  const { id } = await api.send<PushReceipt>('POST', `connections/${connectionId}/push`, item)
  const endsAt = Date.now() + PATIENCE_MS
  for (;;) {
    const push = await api.get<PushStatus>(`push/${id}`)
    if (push.status === 'done') return push
    const isOver = push.status === 'dead' || push.status === 'superseded' || Date.now() > endsAt
    if (isOver) throw new CheckFailed(`Push ${id} is ${push.status}: ${JSON.stringify(push.lastError)}`)
    await delay(LOOK_EVERY_MS)
  }
}
