import { sql } from 'kysely'
import type { Database } from './database.ts'
import { instant } from './rows.ts'

/** A sign-in that was begun and waits for its redirect. */
export interface StoredSignIn {
  readonly workspaceId: string
  /** Encrypted already. */
  readonly sealed: string
}

/** Keeps a begun sign-in, and forgets those that nobody came back from. */
export const insertSignIn = async (
  { db }: Database,
  signIn: StoredSignIn & {
    readonly stateHash: string
    readonly provider: string
    readonly nowMs: number
    readonly expiresAtMs: number
  },
): Promise<void> => {
  await db.deleteFrom('crm_sign_ins').where('expires_at', '<', new Date(signIn.nowMs)).execute()
  await db
    .insertInto('crm_sign_ins')
    .values({
      state_hash: signIn.stateHash,
      workspace_id: signIn.workspaceId,
      provider: signIn.provider,
      sealed: signIn.sealed,
      expires_at: instant(signIn.expiresAtMs),
    })
    .execute()
}

/**
 * Takes a sign-in out, whoever asks first: of two callbacks with one state, in whatever processes, the other one gets
 * nothing. So does a state of another provider, and one that has expired.
 */
export const takeSignIn = async (
  { db }: Database,
  wanted: { readonly stateHash: string; readonly provider: string; readonly nowMs: number },
): Promise<StoredSignIn | undefined> => {
  const { rows } = await sql<StoredSignIn & { isCurrent: boolean }>`
    delete from crm_sign_ins where state_hash = ${wanted.stateHash} and provider = ${wanted.provider}
    returning workspace_id as "workspaceId", sealed, expires_at > ${instant(wanted.nowMs)}::timestamptz as "isCurrent"`.execute(
    db,
  )
  const [row] = rows
  return row?.isCurrent === true ? { workspaceId: row.workspaceId, sealed: row.sealed } : undefined
}
