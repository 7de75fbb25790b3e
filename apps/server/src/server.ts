import type { Host } from '@raccordo/core'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify'
import { authenticate } from './http/auth.ts'
import type { RouteContext } from './http/context.ts'
import { CORRELATION_HEADER, correlationIdOf } from './http/correlation.ts'
import { PROBLEM_TYPE, problemOf } from './http/problem.ts'
import { Refusal } from './http/refusal.ts'
import { unstorable } from './http/storable.ts'
import { apiKeyRoutes } from './routes/api_keys.ts'
import { connectionRoutes } from './routes/connections.ts'
import { deadLetterRoutes } from './routes/dead_letters.ts'
import { flagRoutes } from './routes/flags.ts'
import { healthRoutes, probeRoutes } from './routes/health.ts'
import { linkRoutes } from './routes/links.ts'
import { mappingRoutes } from './routes/mapping.ts'
import { oauthCallbackRoutes, oauthRoutes } from './routes/oauth.ts'
import { passThroughRoutes } from './routes/pass_through.ts'
import { providerRoutes } from './routes/providers.ts'
import { pushRoutes } from './routes/push.ts'
import { recordRoutes } from './routes/records.ts'
import { syncRoutes } from './routes/sync.ts'
import { webhookAddressRoutes } from './routes/webhook_address.ts'
import { webhookRoutes } from './routes/webhooks.ts'

export interface ServerOptions {
  /** A key that is taken as an admin's beside those that the host made. */
  readonly adminKey?: string
  /** pino level; no log if absent. */
  readonly logLevel?: string
  /** Addresses and networks that webhooks may come from, by provider id; any, where a provider is not named. */
  readonly webhookAddresses?: Readonly<Record<string, readonly string[]>>
  /** Proxies whose X-Forwarded-For is believed: addresses and networks; none if absent. */
  readonly trustedProxies?: readonly string[]
}

const BODY_LIMIT = 10 * 1_048_576
const RECEIVE_TIMEOUT_MS = 60_000
const MOST_PATH_LETTERS = 1_024
const KEYED_ROUTES = [
  providerRoutes,
  connectionRoutes,
  oauthRoutes,
  mappingRoutes,
  syncRoutes,
  recordRoutes,
  pushRoutes,
  linkRoutes,
  passThroughRoutes,
  deadLetterRoutes,
  flagRoutes,
  apiKeyRoutes,
  webhookAddressRoutes,
]

const logOptions = (level: string | undefined) =>
  level === undefined || level === 'silent'
    ? false
    : {
        level,
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label: string) => ({ level: label }) },
      }

/** Errors of libraries carry whole requests with their headers: only what names the fault is logged. */
const describeError = (error: unknown): object => {
  if (!(error instanceof Error)) return { type: 'unknown', message: String(error) }
  const { name: type, message, stack } = error
  const { code } = error as { code?: unknown }
  return { type, message, stack, ...(typeof code === 'string' ? { code } : {}) }
}

const sendProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const { problem, headers } = problemOf(error, request.id)
  if (problem.status >= 500) request.log.error({ error: describeError(error), kind: problem.kind }, 'request failed')
  // As bytes, because to text fastify would add a charset, which the media type does not have.
  const body = Buffer.from(JSON.stringify(problem))
  reply
    .code(problem.status)
    .headers({ ...headers, [CORRELATION_HEADER]: request.id })
    .type(PROBLEM_TYPE)
    .send(body)
}

/** Logs what was answered: no query and no body, because both may hold personal data. */
const logAnswer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  const { method, routeOptions } = request
  const level = routeOptions.url?.match(/\/(?:livez|readyz|metrics)$/) ? 'debug' : 'info'
  const durationMs = Math.round(reply.elapsedTime)
  request.log[level]({ method, path: routeOptions.url, status: reply.statusCode, durationMs }, 'answered')
}

const refuseUnstorable = async ({ body, query, params }: FastifyRequest): Promise<void> => {
  const fault = unstorable(params) ?? unstorable(query) ?? (Buffer.isBuffer(body) ? undefined : unstorable(body))
  if (fault === undefined) return
  const { pointer = '', message, remedy } = fault
  const detail = `${pointer === '' ? 'The request' : pointer} ${message}.${remedy === undefined ? '' : ` ${remedy}`}`
  throw new Refusal(422, 'invalid', detail, { pointer, faults: [fault] })
}

/** An empty body of a JSON request is an absent one; a body that was left out is an empty object. */
const readJsonLeniently = (api: FastifyInstance): void => {
  const parse = api.getDefaultJsonParser('error', 'error')
  api.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else parse(request, body as string, done)
  })
  api.addHook('preValidation', async (request) => {
    if (request.method !== 'GET') request.body ??= {}
  })
}

/**
 * A host behind HTTP, not listening yet. Paths and shapes are those of the README; errors are problem+json. Closing it
 * ends long polls at once and lets other requests finish; the host goes on until it is stopped itself.
 */
export const buildServer = (host: Host, options: ServerOptions = {}): FastifyInstance => {
  const closing = new AbortController()
  const app = fastify({
    logger: logOptions(options.logLevel),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'correlation_id' }),
    requestIdHeader: false,
    genReqId: correlationIdOf,
    bodyLimit: BODY_LIMIT,
    requestTimeout: RECEIVE_TIMEOUT_MS,
    trustProxy: options.trustedProxies === undefined ? false : [...options.trustedProxies],
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MOST_PATH_LETTERS },
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allErrors: true,
        verbose: true,
      },
    },
    frameworkErrors: sendProblem,
  })
  const context: RouteContext = {
    host,
    closing: closing.signal,
    adminKey: options.adminKey,
    webhookAddresses: options.webhookAddresses ?? {},
  }

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      [CORRELATION_HEADER]: request.id,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
  })
  app.addHook('preValidation', refuseUnstorable)
  app.addHook('onResponse', logAnswer)
  app.addHook('preClose', async () => closing.abort())
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new Refusal(404, 'not_found', `There is no ${request.method} ${request.url.split('?')[0]}.`),
      request,
      reply,
    ),
  )

  probeRoutes(app, context)
  app.register(
    async (open) => {
      probeRoutes(open, context)
      healthRoutes(open, context)
      oauthCallbackRoutes(open, context)
    },
    { prefix: '/crm' },
  )
  app.register(async (webhooks) => webhookRoutes(webhooks, context), { prefix: '/crm' })
  app.register(
    async (api) => {
      api.decorateRequest('caller')
      api.addHook('onRequest', authenticate(host, options.adminKey))
      readJsonLeniently(api)
      for (const routes of KEYED_ROUTES) routes(api, context)
    },
    { prefix: '/crm' },
  )
  return app
}
