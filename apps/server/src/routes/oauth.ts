import type { ConnectionInfo, Fields, SignIn, SignInRequest } from '@raccordo/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { visibleConnection, workspaceFor } from '../http/access.ts'
import { askerOf } from '../http/auth.ts'
import type { RouteContext } from '../http/context.ts'
import { htmlPage, PAGE_HEADERS } from '../http/html_page.ts'
import { problemOf } from '../http/problem.ts'
import { Refusal } from '../http/refusal.ts'
import { signInStart } from '../http/schemas.ts'
import { refuseNewAuthAddress } from './auth_address.ts'

interface ProviderPath {
  readonly Params: { readonly provider: string }
}
type StartBody = Partial<Omit<SignInRequest, 'provider' | 'trusted' | 'origin'>>

/** Begins to sign in with OAuth: answers the address to send the person to. */
export const oauthRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  app.post<ProviderPath & { Body: StartBody }>(
    '/oauth/:provider/start',
    { schema: { body: signInStart } },
    async (request) => {
      const { body, caller, params } = request
      const before =
        body.connectionId === undefined ? undefined : await visibleConnection(host, caller, body.connectionId)
      if (before !== undefined) refuseNewAuthAddress(caller, body.settings, before.settings)
      const workspaceId = workspaceFor(caller, body.workspaceId ?? before?.workspaceId)
      if (workspaceId === undefined) {
        throw new Refusal(422, 'invalid', 'Say in which workspace the connection is to be: workspaceId.', {
          pointer: '/workspaceId',
        })
      }
      const wanted: SignInRequest = {
        ...body,
        workspaceId,
        provider: params.provider,
        trusted: caller.workspaceId === null,
        origin: `${request.protocol}://${request.host}`,
      }
      return host.signIns.start(wanted, askerOf(request))
    },
  )
}

/** A program says that it wants JSON; whoever does not is taken for a person's browser. */
const wantsJson = ({ headers }: FastifyRequest): boolean =>
  headers.accept?.includes('application/json') === true && !headers.accept.includes('text/html')

const NEXT_STEPS: Readonly<Record<string, string>> = {
  auth: 'Begin again, and agree to what the CRM asks. If you may not, ask an administrator of the CRM.',
  forbidden: 'Begin again as a user of the CRM who may grant this.',
  conflict: 'Begin again and choose the account that this connection belongs to.',
  unavailable: 'Begin again in a few minutes.',
  timeout: 'Begin again in a few minutes.',
  rate_limited: 'Begin again in a few minutes.',
  quota: 'Begin again when the CRM takes calls again.',
}

const sendConnected = (
  request: FastifyRequest,
  reply: FastifyReply,
  { returnUrl }: SignIn,
  { connection, isNew }: { readonly connection: ConnectionInfo; readonly isNew: boolean },
): FastifyReply => {
  if (wantsJson(request)) {
    if (isNew) reply.code(201).header('location', `/crm/connections/${connection.id}`)
    return reply.send(connection)
  }
  if (returnUrl !== undefined) {
    const target = new URL(returnUrl)
    target.searchParams.set('connectionId', connection.id)
    return reply.headers({ 'referrer-policy': 'no-referrer' }).redirect(target.href, 302)
  }
  const account = connection.account?.name ?? connection.account?.id
  const page = {
    title: isNew ? 'Connected' : 'Signed in again',
    paragraphs: [
      `${connection.name}${account === undefined ? '' : ` (${account})`} is connected as ${connection.id}.`,
      'You can close this window.',
    ],
  }
  return reply.headers(PAGE_HEADERS).send(htmlPage(page))
}

const sendRefused = (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  returnUrl: string | undefined,
): FastifyReply => {
  const { problem, headers } = problemOf(error, request.id)
  // A bug is told by its correlation id alone, and logged on the way.
  if (wantsJson(request) || problem.kind === 'bug') throw error
  const page = {
    title: 'Not connected',
    paragraphs: [
      problem.detail,
      NEXT_STEPS[problem.kind] ?? 'Begin again.',
      `Correlation id: ${problem.correlationId}`,
    ],
    ...(returnUrl === undefined ? {} : { link: { href: returnUrl, text: 'Back to the application' } }),
  }
  return reply
    .code(problem.status)
    .headers({ ...headers, ...PAGE_HEADERS })
    .send(htmlPage(page))
}

/** Where CRMs send people back to. No API key: the state proves who began, and it is used up by the first who brings it. */
export const oauthCallbackRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  app.get<ProviderPath & { Querystring: Readonly<Record<string, unknown>> }>(
    '/oauth/:provider/callback',
    // A HEAD of somebody who only looks must not use the state up.
    { exposeHeadRoute: false },
    async (request, reply) => {
      const { provider } = request.params
      const { state, ...redirect } = request.query
      let signIn: SignIn | undefined
      try {
        signIn = await host.signIns.resume(provider, typeof state === 'string' ? state : '')
        const asker = { actor: `oauth:${provider}`, correlationId: request.id }
        const done = await signIn.finish(redirect as Fields, asker)
        return sendConnected(request, reply, signIn, done)
      } catch (error) {
        return sendRefused(error, request, reply, signIn?.returnUrl)
      }
    },
  )
}
