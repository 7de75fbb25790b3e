import type { Asker, FlagInfo, FlagKey, FlagsApi } from '../api.ts'
import { crmError } from '../errors.ts'
import { OBJECT_TYPES } from '../mapping/index.ts'
import { appendAudit } from '../store/audit.ts'
import { wakeSweeps } from '../store/cursors.ts'
import type { Tx } from '../store/database.ts'
import { createFeedHead, reserveFeed } from '../store/feed.ts'
import {
  dropFlag,
  listFlags,
  lockFlags,
  refreshPaused,
  type StoredFlag,
  type SwitchedPass,
  writeFlag,
} from '../store/flags.ts'
import { wakePausedPushes } from '../store/outbox.ts'
import { instant } from '../store/rows.ts'
import type { HostDeps } from './deps.ts'

const present = (workspaceId: string, { updatedAt, ...flag }: StoredFlag): FlagInfo => ({
  workspaceId,
  ...flag,
  updatedAt: updatedAt.toISOString(),
})

/** Switches of a workspace. What is switched off waits and loses nothing; what is switched on goes on where it stood. */
export const createFlagsApi = ({ engine, registry }: HostDeps): FlagsApi => {
  const { database } = engine

  const checkedKey = (workspaceId: string, key: Partial<FlagKey>): FlagKey => {
    const { provider = '*', object = '*', direction = '*' } = key
    if (workspaceId === '') throw crmError('invalid', 'A flag belongs to a workspace.', { pointer: '/workspaceId' })
    const providers = registry.list().map((installed) => installed.provider)
    const meant = providers.filter(({ id }) => provider === '*' || id === provider)
    if (meant.length === 0 && provider !== '*') {
      const ids = providers.map(({ id }) => id).join(', ')
      throw crmError('invalid', `There is no provider ${provider}. Use * or one of ${ids}.`, { pointer: '/provider' })
    }
    const names = [...new Set(meant.flatMap(({ objects }) => objects.map(({ name }) => name)))]
    const known: readonly string[] = ['*', ...OBJECT_TYPES, ...names]
    if (!known.includes(object)) {
      throw crmError('invalid', `There is no object ${object}. Use one of ${[...new Set(known)].join(', ')}.`, {
        pointer: '/object',
      })
    }
    if (direction !== 'pull' && direction !== 'push' && direction !== '*') {
      throw crmError('invalid', 'direction is one of pull, push and *.', { pointer: '/direction' })
    }
    return { provider, object, direction }
  }

  /** Sets to work at once what goes on, in the transaction of the switch. */
  const wake = async (tx: Tx, workspaceId: string, switched: readonly SwitchedPass[]): Promise<void> => {
    for (const { connectionId, provider, object, pass, paused } of switched) {
      if (paused || pass !== 'delta') continue
      await engine.doorbell.scan(connectionId, object, 'delta', tx)
      const remote = registry.get(provider).provider.objects.find(({ name }) => name === object)
      // What was deleted meanwhile comes with the windows of polls, or else with a sweep.
      if (remote?.deleted?.scope !== 'window') await wakeSweeps(tx, connectionId, object)
    }
    for (const connectionId of new Set(switched.map((pass) => pass.connectionId))) {
      await engine.doorbell.inbox(connectionId, tx)
    }
    for (const { connectionId, type } of await wakePausedPushes(tx, workspaceId)) {
      await engine.doorbell.push(connectionId, type, tx)
    }
  }

  const change = async <T>(
    workspaceId: string,
    asker: Asker,
    key: FlagKey,
    write: (
      tx: Tx,
      before: StoredFlag | undefined,
    ) => Promise<{ readonly enabled: boolean | null; readonly result: T }>,
  ): Promise<T> =>
    database.transaction(async (tx) => {
      await lockFlags(tx)
      const before = (await listFlags(tx, workspaceId)).find(
        ({ provider, object, direction }) =>
          provider === key.provider && object === key.object && direction === key.direction,
      )
      const { enabled, result } = await write(tx, before)
      await wake(tx, workspaceId, await refreshPaused(tx, workspaceId))
      // A workspace has a chain of its own, beside those of its connections.
      const chain = `workspace:${workspaceId}`
      await createFeedHead(tx, chain)
      const entry = {
        actor: asker.actor ?? 'host',
        action: enabled === null ? 'flag.remove' : 'flag.put',
        type: 'flag',
        object: null,
        externalId: null,
        localId: null,
        changes: { ...key, enabled: [before?.enabled ?? null, enabled] },
        correlationId: asker.correlationId ?? null,
      }
      await appendAudit(tx, chain, await reserveFeed(tx, chain, 0), [entry], instant(engine.clock.wallMs()))
      engine.log.info({ workspace_id: workspaceId, ...key, enabled, actor: asker.actor }, 'a flag was changed')
      return result
    })

  return {
    list: async (workspaceId) => (await listFlags(database.db, workspaceId)).map((flag) => present(workspaceId, flag)),
    put: async (workspaceId, { enabled, ...rest }, asker = {}) => {
      const key = checkedKey(workspaceId, rest)
      if (typeof enabled !== 'boolean') {
        throw crmError('invalid', 'enabled is to be true or false.', { pointer: '/enabled' })
      }
      return change(workspaceId, asker, key, async (tx) => {
        const result = present(workspaceId, await writeFlag(tx, workspaceId, { ...key, enabled }))
        return { enabled, result }
      })
    },
    remove: async (workspaceId, rest = {}, asker = {}) => {
      const { provider = '*', object = '*', direction = '*' } = rest
      const key = { provider, object, direction }
      await change(workspaceId, asker, key, async (tx) => {
        const dropped = await dropFlag(tx, workspaceId, key)
        if (dropped !== undefined) return { enabled: null, result: undefined }
        throw crmError(
          'not_found',
          `Workspace ${workspaceId} has no flag for provider ${provider}, object ${object}, direction ${direction}.`,
        )
      })
    },
  }
}
