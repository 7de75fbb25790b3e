import type { ValidateResult } from '../api.ts'
import { scopesOf } from '../auth/authorize.ts'
import type { Account, Fields } from '../contract.ts'
import { asCrmError } from '../errors.ts'
import type { AnyProvider } from '../registry/index.ts'
import { requireConnection, type StoredConnection, updateConnection } from '../store/connections.ts'
import { wakeCursors } from '../store/cursors.ts'
import { wakeOutbox } from '../store/outbox.ts'
import { newId } from '../sync/identifiers.ts'
import type { HostDeps } from './deps.ts'
import { expiryOf } from './expiry.ts'

/** `probe`, with what is stored or with what is given, and what is wrong as far as the CRM tells. Throws only `not_found`. */
export const checkConnection = async (deps: HostDeps, id: string, given?: Fields): Promise<ValidateResult> => {
  const row = await requireConnection(deps.engine.database.db, id)
  const { provider } = deps.registry.get(row.provider)
  try {
    const account = given === undefined ? await probeStored(deps, row) : await probeGiven(deps, row, given)
    return { ok: true, account, ...warningsOf(provider, row, account, given) }
  } catch (error) {
    const { kind, message, scopes, setting, pointer, retryAfterMs } = asCrmError(error)
    const told = { scopes, setting, pointer, retryAfterMs }
    return {
      ok: false,
      kind,
      detail: deps.engine.redact(id, message),
      ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
    }
  }
}

/** A success shows that a connection which waited for a sign-in need not wait any longer; a refusal, that it must. */
const probeStored = async (deps: HostDeps, row: StoredConnection): Promise<Account> => {
  const { id } = row
  const { engine, trials, credentials } = deps
  const { provider } = deps.registry.get(row.provider)
  const account = await trials
    .proved(provider, async () => {
      const operation = {
        name: 'probe',
        priority: 'webhook' as const,
        signal: deps.signal,
        correlationId: newId('probe'),
        lookup: async () => undefined,
      }
      return engine.createCtx(row, operation)
    })
    .catch(async (error: unknown) => {
      const { kind, message } = asCrmError(error)
      if (kind === 'auth') await credentials.markNeedsReconnect(id, row.credentials_version, engine.redact(id, message))
      throw error
    })
  const stored = await credentials.read(id)
  await engine.database.transaction(async (tx) => {
    const credentialsExpireAt = expiryOf(account, stored?.credentials ?? {})
    await updateConnection(tx, id, { account, credentialsExpireAt })
    if (row.status === 'active') return
    await updateConnection(tx, id, { status: 'active', statusReason: null })
    await wakeCursors(tx, id, row.objects)
    await wakeOutbox(tx, id)
  })
  return account
}

const probeGiven = async (deps: HostDeps, row: StoredConnection, credentials: Fields): Promise<Account> => {
  const { id, workspace_id: workspaceId, settings, trusted } = row
  const { provider } = deps.registry.get(row.provider)
  const trial = await deps.trials.open({ id, workspaceId, provider, settings, credentials, trusted }, undefined)
  return trial.probe()
}

/** What works today and will not for long, or not for all: scopes that the grant lacks, credentials that end. */
const warningsOf = (
  provider: AnyProvider,
  row: StoredConnection,
  account: Account,
  given: Fields | undefined,
): Pick<ValidateResult, 'missingScopes' | 'credentialsExpireAt'> => {
  const missing = missingScopes(provider, row.objects, account)
  const at = expiryOf(account, given ?? {}) ?? (given === undefined ? row.credentials_expire_at : null)
  return {
    ...(missing.length === 0 ? {} : { missingScopes: missing }),
    ...(at === null ? {} : { credentialsExpireAt: at.toISOString() }),
  }
}

/** Scopes that the enabled objects need and the account says it was not granted; none where it says nothing. */
export const missingScopes = (
  provider: AnyProvider,
  objects: readonly string[],
  { scopes: granted }: Account,
): readonly string[] =>
  granted === undefined ? [] : scopesOf(provider, objects).filter((scope) => !granted.includes(scope))
