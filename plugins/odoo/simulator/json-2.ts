import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import type { Database } from './database.ts'
import { html } from './json-rpc.ts'
import { OdooError } from './odoo-error.ts'

const headers = { 'Content-Type': 'application/json; charset=utf-8' }

/** `/json/2/<model>/<method>` of Odoo 19: statuses that mean something, but for the caller's own mistakes, which are 500. */
export const answerJson2 = (database: Database, request: SimulatorRequest): SimulatorReply => {
  if (database.version < 19)
    return {
      status: 404,
      headers,
      body: { jsonrpc: '2.0', id: null, error: { code: 404, message: '404: Not Found', data: {} } },
    }
  const named = request.headers['x-odoo-database']
  if (named !== undefined && named !== database.name) return html(404, NO_DATABASE)
  try {
    const result = run(database, request)
    return result === 'unsupported'
      ? html(415, 'Unsupported Media Type')
      : { status: 200, headers, body: JSON.stringify(result ?? null) }
  } catch (error) {
    if (!(error instanceof OdooError)) throw error
    const status = statusOf(error)
    const list = error.exception.startsWith('werkzeug.') ? [error.message, status] : [error.message]
    const body = { name: error.exception, message: error.message, arguments: list, context: {}, debug: 'Traceback …' }
    return { status, headers, body }
  }
}

const NO_DATABASE =
  '<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>\n'

const run = (database: Database, request: SimulatorRequest): unknown => {
  const { model, method } = request.params
  if (request.method !== 'POST' || model === undefined || method === undefined)
    throw werkzeug('NotFound', 'Did you mean POST /json/2/<model>/<method>?')
  if (request.headers['content-type']?.includes('json') !== true) return 'unsupported'
  const key = /^bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1]
  if (key === undefined)
    throw werkzeug('Unauthorized', 'User not authenticated, use an API Key with a Bearer Authorization header.')
  const user = database.userOfKey(key)
  if (user === undefined) throw werkzeug('Unauthorized', 'Invalid apikey')
  const body = request.json()
  if (body === undefined) throw werkzeug('BadRequest', 'could not parse the body as json')
  const result = asNotFound(() => database.executeNamed(user, model, method, Array.isArray(body) ? {} : body))
  // A recordset is a list here, even where one record was made.
  return method === 'create' && typeof result === 'number' ? [result] : result
}

const werkzeug = (name: string, message: string) => new OdooError(`werkzeug.exceptions.${name}`, message)

/** What JSON-RPC reports as errors of Python is a page that does not exist here. */
const asNotFound = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof OdooError)) throw error
    const model = /^Object (\S+) doesn't exist$/.exec(error.message)?.[1]
    if (model !== undefined) throw werkzeug('NotFound', `the model '${model}' does not exist`)
    if (error.exception === 'builtins.AttributeError' && /^The method/.test(error.message))
      throw werkzeug('NotFound', error.message)
    throw error
  }
}

const STATUS: Readonly<Record<string, number>> = {
  'odoo.exceptions.AccessError': 403,
  'odoo.exceptions.AccessDenied': 403,
  'odoo.exceptions.MissingError': 404,
  'odoo.exceptions.UserError': 422,
  'odoo.exceptions.ValidationError': 422,
  'werkzeug.exceptions.BadRequest': 400,
  'werkzeug.exceptions.Unauthorized': 401,
  'werkzeug.exceptions.NotFound': 404,
  'werkzeug.exceptions.UnprocessableEntity': 422,
}

const statusOf = (error: OdooError): number => STATUS[error.exception] ?? 500
