import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import type { Database } from './database.ts'
import { accessDenied, OdooError, typeError } from './odoo-error.ts'

/** `/jsonrpc`: every error of a call comes with status 200, and a method that returns None answers without a result. */
export const answerJsonRpc = (database: Database, request: SimulatorRequest): SimulatorReply => {
  const fault = transportFault(database, request)
  if (fault !== undefined) return fault
  const { id, params } = request.json()
  const envelope = { jsonrpc: '2.0', id: id ?? null }
  try {
    const result = callService(database, params ?? {})
    return reply(result === undefined ? envelope : { ...envelope, result })
  } catch (error) {
    if (!(error instanceof OdooError)) throw error
    return reply({ ...envelope, error: describeError(database.version, error) })
  }
}

const headers = { 'Content-Type': 'application/json; charset=utf-8' }
const reply = (body: unknown): SimulatorReply => ({ status: 200, headers, body })

const describeError = (version: number, error: OdooError) => ({
  code: version >= 17 ? 0 : 200,
  message: 'Odoo Server Error',
  data: {
    name: error.exception,
    message: error.message,
    arguments: [error.message],
    context: {},
    debug: 'Traceback (most recent call last): …',
  },
})

/** What goes wrong before any method is called is answered in HTML. */
const transportFault = ({ version }: Database, request: SimulatorRequest): SimulatorReply | undefined => {
  const isJson = request.headers['content-type']?.includes('json') === true
  if (request.method !== 'POST') return html(400, 'Invalid JSON data')
  if (!isJson)
    return version >= 17 ? html(415, 'Unsupported Media Type') : html(400, 'Session expired (invalid CSRF token)')
  const body = request.json()
  if (body === undefined) return html(400, 'Invalid JSON data')
  if (Array.isArray(body))
    return version >= 17 ? html(400, 'Invalid JSON-RPC data') : html(500, 'Internal Server Error')
  return undefined
}

export const html = (status: number, text: string): SimulatorReply => ({
  status,
  headers: { 'Content-Type': 'text/html; charset=utf-8' },
  body: text,
})

interface Parameters {
  readonly service?: string
  readonly method?: string
  readonly args?: readonly unknown[]
}

const callService = (database: Database, { service, method, args }: Parameters): unknown => {
  if (service === undefined || method === undefined || args === undefined)
    throw typeError(
      `${database.version >= 17 ? 'JSONRPC.' : ''}jsonrpc() missing 3 required positional arguments: 'service', 'method', and 'args'`,
    )
  if (service === 'common') return common(database, method, args)
  if (service === 'db' && method === 'list') return [database.name]
  if (service === 'db' && method === 'server_version') return versionText(database)
  if (service === 'object') return executeKw(database, args)
  throw database.version >= 17
    ? new OdooError('builtins.KeyError', service)
    : new OdooError('builtins.UnboundLocalError', "local variable 'dispatch' referenced before assignment")
}

const versionText = ({ version }: Database): string => `${version}.0`

const common = (database: Database, method: string, args: readonly unknown[]): unknown => {
  if (method === 'version')
    return {
      server_version: versionText(database),
      server_version_info: [database.version, 0, 0, 'final', 0, ''],
      server_serie: versionText(database),
      protocol_version: 1,
    }
  if (method !== 'authenticate' && method !== 'login') throw accessDenied()
  requireDatabase(database, args[0])
  return database.authenticate(args[1], args[2])
}

const executeKw = (database: Database, args: readonly unknown[]): unknown => {
  const [name, uid, secret, model, method, list = [], keywords = {}] = args
  requireDatabase(database, name)
  return database.execute(
    uid,
    secret,
    String(model),
    String(method),
    list as unknown[],
    keywords as Record<string, unknown>,
  )
}

const requireDatabase = (database: Database, name: unknown): void => {
  if (name === database.name) return
  const where = database.version >= 17 ? 'connection to server at "127.0.0.1", port 5432 failed: ' : ''
  throw new OdooError('psycopg2.OperationalError', `${where}FATAL:  database "${name}" does not exist\n`)
}
