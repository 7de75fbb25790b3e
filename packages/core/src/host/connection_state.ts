import type { ConnectionState } from '../api.ts'
import type { StoredConnection } from '../store/connections.ts'
import { listCursors } from '../store/cursors.ts'
import { countDeadLetters } from '../store/dead_letters.ts'
import { feedHead } from '../store/feed.ts'
import { listFlags } from '../store/flags.ts'
import { countHints } from '../store/inbox.ts'
import { countOutbox } from '../store/outbox.ts'
import { presentConnection } from './connections.ts'
import type { HostDeps } from './deps.ts'
import { pausedObjects } from './paused.ts'
import { presentCursor } from './sync.ts'
import { webhookState } from './webhook_state.ts'

/** Everything an operator asks of one connection. */
export const connectionState = async (deps: HostDeps, row: StoredConnection): Promise<ConnectionState> => {
  const { database, clock } = deps.engine
  const [cursors, outbox, pending, deadLetters, feed, rateBudget, webhook, flags] = await Promise.all([
    listCursors(database, row.id),
    countOutbox(database, row.id),
    countHints(database, row.id),
    countDeadLetters(database, row.id),
    feedHead(database.db, row.id),
    deps.rateBudget(row),
    webhookState(deps, row),
    listFlags(database.db, row.workspace_id),
  ])
  const watermarks = cursors
    .filter(({ pass, state, watermark }) => pass === 'delta' && state !== 'off' && watermark !== null)
    .map(({ watermark }) => watermark?.getTime() ?? 0)
  const oldest = watermarks.length === 0 ? undefined : Math.min(...watermarks)
  return {
    connection: presentConnection(row),
    passes: cursors.map((cursor) => presentCursor(cursor, clock.wallMs())),
    ...(oldest === undefined ? {} : { lagSeconds: Math.max(0, Math.round((clock.wallMs() - oldest) / 1000)) }),
    outbox,
    inbox: { pending },
    webhook,
    deadLetters,
    paused: pausedObjects(deps, row, flags),
    feedPosition: feed.seq,
    rateBudget,
    skewMs: row.skew_ms,
  }
}
