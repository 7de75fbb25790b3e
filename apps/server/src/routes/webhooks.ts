import { isCrmError } from '@raccordo/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { addressList } from '../http/address_list.ts'
import type { RouteContext } from '../http/context.ts'
import { Refusal } from '../http/refusal.ts'

const MEBIBYTE = 1_048_576
const NOTHING = new Uint8Array()

interface WebhookPath {
  readonly Params: { readonly provider: string; readonly connectionId?: string }
  readonly Body: Uint8Array | undefined
}

/** Headers of one value each, as signatures are computed over them. */
const plainHeaders = ({ headers }: FastifyRequest): Record<string, string> => {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return plain
}

/**
 * What CRMs send. No API key: the provider verifies the sender over the bytes exactly as they came, so nothing here
 * parses them, and the answer goes out as soon as the events are stored.
 */
export const webhookRoutes = (app: FastifyInstance, { host, webhookAddresses }: RouteContext): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MEBIBYTE }, (_request, body, done) => done(null, body))

  const allowed = new Map(Object.entries(webhookAddresses).map(([id, addresses]) => [id, addressList(addresses)]))

  const receive = async (request: FastifyRequest<WebhookPath>, reply: FastifyReply): Promise<unknown> => {
    const { provider, connectionId } = request.params
    if (allowed.get(provider)?.(request.ip) === false) {
      host.webhooks.rejected(provider, 'address')
      throw new Refusal(403, 'forbidden', `Webhooks of "${provider}" are not taken from ${request.ip}.`)
    }
    const incoming = {
      method: request.method,
      path: request.raw.url ?? request.url,
      headers: plainHeaders(request),
      body: request.body ?? NOTHING,
    }
    const asker = { actor: `webhook:${provider}`, correlationId: request.id }
    const { accepted, duplicates } = await host.webhooks.receive(provider, connectionId, incoming, asker).catch(refuse)
    return reply.code(200).send({ accepted, duplicates })
  }

  const errorHandler = (error: unknown, request: FastifyRequest): never => {
    if ((error as { code?: unknown }).code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
      host.webhooks.rejected((request.params as WebhookPath['Params']).provider, 'size')
    }
    throw error
  }
  const options = { bodyLimit: MEBIBYTE, errorHandler }
  app.post<WebhookPath>('/webhooks/:provider', options, receive)
  app.post<WebhookPath>('/webhooks/:provider/:connectionId', options, receive)
}

/** Here it is the sender who is not who it says, or who sends what cannot be read: not our own credentials or a caller's members. */
const refuse = (error: unknown): never => {
  if (isCrmError(error) && error.kind === 'auth') throw new Refusal(401, 'auth', error.message)
  if (isCrmError(error) && error.kind === 'invalid') throw new Refusal(400, 'invalid', error.message)
  throw error
}
