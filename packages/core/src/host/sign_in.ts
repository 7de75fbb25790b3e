import { createHash } from 'node:crypto'
import type { Asker, ConnectionInfo, SignInRequest, SignInsApi } from '../api.ts'
import { finishAuthorization, startAuthorization } from '../auth/authorize.ts'
import { oauthOf } from '../auth/oauth2.ts'
import type { BaseSettings, Fields } from '../contract.ts'
import { crmError } from '../errors.ts'
import { requireConnection, type StoredConnection } from '../store/connections.ts'
import { insertSignIn, takeSignIn } from '../store/sign_ins.ts'
import { changeConnection, trustAfter } from './connection_change.ts'
import { keepConnection, proveConnection, settingsFor } from './connection_making.ts'
import { presentConnection } from './connections.ts'
import type { HostDeps } from './deps.ts'
import { callbackAddress, returnAddress } from './return_address.ts'
import { chosenObjects } from './settings.ts'

const LIFE_MS = 10 * 60_000

/** What is kept, encrypted, of a sign-in until its person comes back. */
interface Pending {
  readonly request: SignInRequest
  readonly redirectUri: string
  readonly returnUrl?: string
  readonly codeVerifier?: string
  readonly actor?: string
}

const hashOf = (state: string): string => createHash('sha256').update(state).digest('hex')

/** What an encrypted sign-in is bound to, so that it opens for its own state and workspace only. */
const bindingOf = (workspaceId: string, stateHash: string): string =>
  JSON.stringify([workspaceId, stateHash, 'sign-in'])

/** The members of credentials that name an OAuth app. */
const clientOf = ({ clientId, clientSecret }: Fields): Fields =>
  typeof clientId === 'string' && typeof clientSecret === 'string' ? { clientId, clientSecret } : {}

const givenClient = (credentials: Fields | undefined): Fields | undefined => {
  if (credentials === undefined) return undefined
  const client = clientOf(credentials)
  if (Object.keys(client).length === Object.keys(credentials).length) return client
  throw crmError(
    'invalid',
    'With OAuth, credentials are { clientId, clientSecret } of an app of your own, or absent.',
    {
      pointer: '/credentials',
    },
  )
}

/** Sends people to a CRM and takes them back, whichever process they come back to. */
export const createSignInsApi = (deps: HostDeps): SignInsApi => {
  const { engine, registry, oauth, options, keyRing, credentials } = deps
  const { database, clock } = engine

  /** The connection that is signed in again. */
  const connectionOf = async (request: SignInRequest): Promise<StoredConnection | undefined> => {
    const { connectionId, provider, workspaceId } = request
    if (connectionId === undefined) return undefined
    const row = await requireConnection(database.db, connectionId)
    if (row.provider === provider && row.workspace_id === workspaceId) return row
    const message = `Connection ${connectionId} belongs to another ${row.provider === provider ? 'workspace' : 'provider'}.`
    throw crmError('invalid', message, { connectionId, pointer: '/connectionId' })
  }

  const settingsOf = ({ provider, settings }: SignInRequest, row: StoredConnection | undefined): Fields =>
    row !== undefined && settings === undefined
      ? row.settings
      : settingsFor(deps, provider, { ...row?.settings, ...settings })

  const partyOf = (request: SignInRequest, row: StoredConnection | undefined) => ({
    provider: registry.get(request.provider).provider,
    settings: settingsOf(request, row) as Fields & BaseSettings,
    isTrusted: row === undefined ? request.trusted === true : trustAfter(row, request),
  })

  /** The app that the request brings, or that the connection has; the host's own, where both are empty. */
  const appOf = async (request: SignInRequest, row: StoredConnection | undefined): Promise<Fields> =>
    givenClient(request.credentials) ?? clientOf((row && (await credentials.read(row.id)))?.credentials ?? {})

  const start = async (request: SignInRequest, asker: Asker) => {
    const { workspaceId } = request
    const { provider } = registry.get(request.provider)
    oauthOf(provider)
    if (workspaceId === '')
      throw crmError('invalid', 'A connection belongs to a workspace.', { pointer: '/workspaceId' })
    const row = await connectionOf(request)
    const objects =
      request.objects === undefined && row !== undefined ? row.objects : chosenObjects(provider, request.objects)
    const redirectUri = callbackAddress(options, provider.id, request.origin)
    const returnUrl = returnAddress(options, redirectUri, request.returnUrl)
    const client = await appOf(request, row)
    const { url, state, codeVerifier } = startAuthorization(oauth, partyOf(request, row), {
      redirectUri,
      objects,
      client,
    })
    const pending: Pending = {
      request,
      redirectUri,
      ...(returnUrl === undefined ? {} : { returnUrl }),
      ...(codeVerifier === undefined ? {} : { codeVerifier }),
      ...(asker.actor === undefined ? {} : { actor: asker.actor }),
    }
    const stateHash = hashOf(state)
    const nowMs = clock.wallMs()
    await insertSignIn(database, {
      stateHash,
      workspaceId,
      provider: provider.id,
      sealed: await keyRing.encrypt(JSON.stringify(pending), bindingOf(workspaceId, stateHash)),
      nowMs,
      expiresAtMs: nowMs + LIFE_MS,
    })
    return { url, expiresAt: new Date(nowMs + LIFE_MS).toISOString() }
  }

  /** What a grant makes of a connection's credentials: a refresh token is never replaced by nothing. */
  const merged = (before: Fields, client: Fields, grant: Fields): Fields => ({
    ...(typeof before['refreshToken'] === 'string' ? { refreshToken: before['refreshToken'] } : {}),
    ...client,
    ...grant,
  })

  const signInAgain = async (
    row: StoredConnection,
    request: SignInRequest,
    grant: { readonly client: Fields; readonly credentials: Fields; readonly learned: Fields },
    asker: Asker,
  ): Promise<ConnectionInfo> => {
    const { name, settings, objects, enabled, trusted } = request
    const before = (await credentials.read(row.id))?.credentials ?? {}
    await changeConnection(
      deps,
      row.id,
      {
        credentials: merged(before, grant.client, grant.credentials),
        learned: grant.learned,
        ...(settings === undefined ? {} : { settings }),
        ...(name === undefined ? {} : { name }),
        ...(objects === undefined ? {} : { objects }),
        ...(enabled === undefined ? {} : { enabled }),
        ...(trusted === undefined ? {} : { trusted }),
      },
      asker,
    )
    engine.log.info(
      { connection_id: row.id, provider: row.provider, workspace_id: row.workspace_id, actor: asker.actor },
      'a connection was signed in again',
    )
    return presentConnection(await requireConnection(database.db, row.id))
  }

  /** Of several connections to one account the one that signs in with OAuth: a CRM may end the older grant of an app. */
  const mostAlike = async (rows: readonly StoredConnection[]): Promise<StoredConnection | undefined> => {
    for (const row of rows) {
      if (typeof (await credentials.read(row.id))?.credentials['refreshToken'] === 'string') return row
    }
    return rows[0]
  }

  const finish = async (pending: Pending, redirect: Fields, asker: Asker) => {
    const { request, redirectUri, codeVerifier } = pending
    const row = await connectionOf(request)
    const client = await appOf(request, row)
    const granted = await finishAuthorization(oauth, partyOf(request, row), {
      redirect,
      redirectUri,
      codeVerifier,
      client,
    })
    const grant = { client, credentials: granted.credentials, learned: granted.settings }
    if (row !== undefined) return { connection: await signInAgain(row, request, grant, asker), isNew: false }
    const wanted = { ...request, settings: request.settings ?? {}, credentials: { ...client, ...grant.credentials } }
    const proved = await proveConnection(deps, wanted, grant.learned, asker)
    const found = await mostAlike(await keepConnection(deps, proved, asker, { onlyOne: true }))
    if (found !== undefined) return { connection: await signInAgain(found, request, grant, asker), isNew: false }
    return { connection: presentConnection(await requireConnection(database.db, proved.id)), isNew: true }
  }

  return {
    start: (request, asker = {}) => start(request, asker),
    resume: async (provider, state) => {
      const { id } = registry.get(provider).provider
      const stateHash = hashOf(state)
      const stored = await takeSignIn(database, { stateHash, provider: id, nowMs: clock.wallMs() })
      if (stored === undefined) {
        const message = 'This sign-in is unknown, was used already or is older than ten minutes: begin it again.'
        throw crmError('invalid', message, { pointer: '/state' })
      }
      const { workspaceId, sealed } = stored
      const pending = JSON.parse(await keyRing.decrypt(sealed, bindingOf(workspaceId, stateHash))) as Pending
      return {
        workspaceId,
        ...(pending.returnUrl === undefined ? {} : { returnUrl: pending.returnUrl }),
        finish: (redirect, asker = {}) =>
          finish(pending, redirect, { ...asker, ...(pending.actor === undefined ? {} : { actor: pending.actor }) }),
      }
    },
  }
}
