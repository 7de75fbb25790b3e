import type { Fields } from '@raccordo/core/plugin'
import type { LoggedRequest } from '../simulator/types.ts'
import type { World } from './world.ts'

const SHOWN_REQUESTS = 6
const SHOWN_CHARACTERS = 300

/** A failed check's error with the last requests that the simulator saw, without headers and without credentials. */
export const withEvidence = (error: unknown, world: World): unknown => {
  if (!(error instanceof Error)) return error
  const secrets = [...textsOf(world.connection.credentials), ...textsOf(world.ctx.session)]
  const lines = world.simulator.log.slice(-SHOWN_REQUESTS).map((request) => shown(request, secrets))
  error.message = `${error.message}\n\nLast requests:\n${lines.join('\n')}`
  return error
}

const shown = (
  { method, path, query, status, requestBody, responseBody }: LoggedRequest,
  secrets: readonly string[],
) => {
  const url = query === '' ? path : `${path}?${query}`
  const bodies = [`    > ${requestBody}`, `    < ${responseBody}`].filter((line) => line.length > 6)
  const lines = [`  ${method} ${url} ${status}`, ...bodies].map((line) => hidden(line, secrets))
  return lines.map((line) => line.slice(0, SHOWN_CHARACTERS)).join('\n')
}

/** Names of users and databases are no secrets, and short values would blot out half of the text. */
const textsOf = (fields: Fields): readonly string[] =>
  Object.entries(fields).flatMap(([name, value]) =>
    typeof value === 'string' && name !== 'username' && value.length > 3 ? [value] : [],
  )

const hidden = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((result, secret) => result.replaceAll(secret, '•••'), text)
