import type { Asker, ConnectionChange } from '../api.ts'
import type { Account, Fields } from '../contract.ts'
import { crmError } from '../errors.ts'
import { lockConnection, requireConnection, type StoredConnection, updateConnection } from '../store/connections.ts'
import { replaceCredentials } from '../store/credentials.ts'
import { wakeCursors } from '../store/cursors.ts'
import type { Tx } from '../store/database.ts'
import { dropLookups } from '../store/lookups.ts'
import { wakeOutbox } from '../store/outbox.ts'
import { wakeChannelOf } from './channels.ts'
import { cursorsFor, settingsFor } from './connection_making.ts'
import type { HostDeps, Trial } from './deps.ts'
import { expiryOf } from './expiry.ts'
import { chosenObjects } from './settings.ts'

/** Settings or credentials of a connection, proved. */
interface Proof {
  readonly trial: Trial
  readonly account: Account
  /** Version of the stored credentials before. */
  readonly version: number
}

/**
 * Whether this server's OAuth client secret may go to the connection's `authBaseUrl`: where an admin chose that address.
 * Somebody else who chooses another one takes the trust away.
 */
export const trustAfter = (row: StoredConnection, change: Pick<ConnectionChange, 'settings' | 'trusted'>): boolean => {
  const address = change.settings?.['authBaseUrl']
  if (address === undefined) return row.trusted
  return change.trusted === true || (row.trusted && address === row.settings['authBaseUrl'])
}

/**
 * Changes a connection, which keeps its cursors, links, mapping and outbox. New credentials or settings are proved first,
 * and set everything that waited for a sign-in to work again. `learned`: settings that a sign-in taught. Throws `conflict`
 * for the credentials of another account; nothing has changed then.
 */
export const changeConnection = async (
  deps: HostDeps,
  id: string,
  change: ConnectionChange & { readonly learned?: Fields },
  asker: Asker,
): Promise<void> => {
  const row = await requireConnection(deps.engine.database.db, id)
  const { provider } = deps.registry.get(row.provider)
  const checked =
    change.settings === undefined
      ? row.settings
      : settingsFor(deps, row.provider, { ...row.settings, ...change.settings })
  const settings = { ...checked, ...change.learned }
  const trusted = trustAfter(row, change)
  const objects = change.objects === undefined ? row.objects : chosenObjects(provider, change.objects)
  const isResigned = change.credentials !== undefined || change.settings !== undefined
  const proof = isResigned ? await prove(deps, { ...row, settings, trusted }, change.credentials, asker) : undefined
  const learned = proof?.trial.learned() ?? {}
  await deps.engine.database.transaction(async (tx) => {
    const expiry = proof && (await keepCredentials(tx, row, proof, change.credentials === undefined))
    await updateConnection(tx, id, {
      settings: { ...settings, ...learned },
      trusted,
      isSignedIn: change.credentials !== undefined,
      objects,
      switchedOff: isResigned || change.objects !== undefined ? {} : row.switched_off,
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(change.enabled === undefined ? {} : { enabled: change.enabled }),
      ...(proof === undefined ? {} : { account: proof.account, status: 'active' as const, statusReason: null }),
      ...(expiry === undefined ? {} : { credentialsExpireAt: expiry }),
    })
    const { provider: name, workspace_id: workspaceId, skew_ms: skewMs } = row
    await cursorsFor(tx, deps, { id, provider: name, workspaceId, settings, skewMs }, objects)
    await wakeCursors(tx, id, objects)
    if (isResigned) await wakeOutbox(tx, id)
    await wakeChannelOf(tx, deps, row)
  })
  if (isResigned) await dropLookups(deps.engine.database, id)
  deps.trials.forget(id)
}

/** Proves settings with the credentials that were given, or with the stored ones. */
const prove = async (
  deps: HostDeps,
  row: StoredConnection,
  given: Fields | undefined,
  asker: Asker,
): Promise<Proof> => {
  const { id, workspace_id: workspaceId, settings, trusted } = row
  const { provider } = deps.registry.get(row.provider)
  const stored = await deps.credentials.read(id)
  const credentials = given ?? stored?.credentials ?? {}
  const trial = await deps.trials.open(
    { id, workspaceId, provider, settings, credentials, trusted },
    asker.correlationId,
  )
  const account = await trial.probe()
  const before = row.account?.['id']
  if (before !== undefined && before !== account.id) {
    throw crmError(
      'conflict',
      `These credentials belong to account ${account.id}, the connection to ${String(before)}. Make another connection for it.`,
      { connectionId: id, pointer: '/credentials' },
    )
  }
  return { trial, account, version: stored?.version ?? row.credentials_version }
}

/** What a person gives wins over what a worker renewed meanwhile; what was only proved again does not. */
const keepCredentials = async (
  tx: Tx,
  { id }: StoredConnection,
  { trial, account, version }: Proof,
  isUnchanged: boolean,
): Promise<Date | null> => {
  const now = await lockConnection(tx, id)
  const isOvertaken = isUnchanged && now.credentials_version !== version
  await replaceCredentials(tx, id, now.credentials_version, isOvertaken ? now.credentials : await trial.seal())
  return expiryOf(account, await trial.current())
}
