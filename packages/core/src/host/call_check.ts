import type { Call } from '../contract.ts'
import { crmError, type Fault, isCrmError } from '../errors.ts'
import { callUrl } from '../http/url.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const MEMBERS = ['method', 'path', 'query', 'headers', 'body', 'idempotent', 'timeoutMs', 'anonymous']
/** Any base will do: it is the path that is looked at. */
const SOME_BASE = 'https://crm.invalid'

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const complain = (pointer: string, message: string, remedy: string): Fault => ({ pointer, message, remedy })

const faultsOfValues = (
  pointer: string,
  table: unknown,
  isValue: (value: unknown) => boolean,
  remedy: string,
): readonly Fault[] => {
  if (table === undefined) return []
  if (!isTable(table)) return [complain(pointer, 'is to be an object', remedy)]
  const wrong = Object.entries(table).filter(([, value]) => !isValue(value))
  return wrong.map(([name]) => complain(`${pointer}/${name}`, 'is of the wrong type', remedy))
}

const faultsOfPath = (path: unknown): readonly Fault[] => {
  const remedy = 'Give a path under the base address of the CRM, with a leading slash: "/contacts/1".'
  if (typeof path !== 'string' || !path.startsWith('/')) return [complain('/path', 'is no path', remedy)]
  try {
    callUrl(SOME_BASE, { path })
    return []
  } catch (error) {
    return [complain('/path', isCrmError(error) ? error.message : 'cannot be read', remedy)]
  }
}

/** Throws one `invalid` with every fault of a pass-through call, before anything is sent. */
export const assertCall = (call: Call): void => {
  const given: unknown = call
  if (!isTable(given)) throw crmError('invalid', 'A call is to be an object with a path.', { pointer: '' })
  const { method, path, query, headers, body, timeoutMs } = given
  const faults = [
    ...Object.keys(given)
      .filter((name) => !MEMBERS.includes(name))
      .map((name) => complain(`/${name}`, 'is not known here', `Known: ${MEMBERS.join(', ')}.`)),
    ...(method === undefined || METHODS.includes(String(method))
      ? []
      : [complain('/method', 'is no method', `Use one of ${METHODS.join(', ')}.`)]),
    ...faultsOfPath(path),
    ...faultsOfValues(
      '/query',
      query,
      (value) => value === undefined || typeof value === 'string' || Number.isFinite(value),
      'Give text or numbers by name.',
    ),
    ...faultsOfValues('/headers', headers, (value) => typeof value === 'string', 'Give text by name.'),
    ...((method === undefined || method === 'GET') && body !== undefined
      ? [complain('/body', 'A GET has no body', 'Name another method, or leave the body out.')]
      : []),
    ...(timeoutMs === undefined || (Number.isFinite(timeoutMs) && Number(timeoutMs) > 0)
      ? []
      : [complain('/timeoutMs', 'is no time', 'Give milliseconds, more than 0.')]),
  ]
  const [first] = faults
  if (first === undefined) return
  const message = `${first.pointer} ${first.message}. ${first.remedy ?? ''}`.trim()
  throw crmError('invalid', message, { faults, ...(first.pointer === undefined ? {} : { pointer: first.pointer }) })
}
