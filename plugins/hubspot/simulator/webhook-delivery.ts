import { createHash, createHmac } from 'node:crypto'
import type { SimulatedDelivery } from '@raccordo/testkit/simulator'
import type { EventBody } from './webhook-events.ts'

/** Most events of one request: HubSpot keeps below a hundred. */
export const MOST_EVENTS = 99

/** A request with some events, signed as HubSpot signs it: version 1 and version 3 beside each other. */
export const delivery = (given: {
  readonly url: string
  readonly secret: string
  readonly at: Date
  readonly attempt: number
  readonly events: readonly EventBody[]
}): SimulatedDelivery => {
  const body = JSON.stringify(given.events.map((event) => ({ ...event, attemptNumber: given.attempt })))
  const timestamp = String(given.at.getTime())
  return {
    method: 'POST',
    url: given.url,
    headers: {
      'content-type': 'application/json',
      'x-hubspot-signature': createHash('sha256').update(`${given.secret}${body}`).digest('hex'),
      'x-hubspot-signature-version': 'v1',
      'x-hubspot-signature-v3': createHmac('sha256', given.secret)
        .update(`POST${withoutEscapes(given.url)}${body}${timestamp}`)
        .digest('base64'),
      'x-hubspot-request-timestamp': timestamp,
    },
    body: Buffer.from(body),
  }
}

/** Written out before signing: `: / ? @ ! $ ' ( ) * , ;` and no other character. */
const withoutEscapes = (url: string): string => {
  let written = url
  for (const character of ":/?@!$'()*,;")
    written = written.replaceAll(`%${character.charCodeAt(0).toString(16).toUpperCase()}`, character)
  return written
}
