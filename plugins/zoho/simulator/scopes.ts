import type { SimulatorRequest } from '@raccordo/testkit/simulator'
import { moduleNamed } from './schema.ts'

/** What a call needs: of each entry, one scope. */
export type Needs = readonly (readonly string[])[]

/** The scopes that a call needs, by its method and the parts of its path behind the version. */
export const scopesFor = (request: SimulatorRequest): Needs => {
  const [first = '', second = '', third = '', fourth = ''] = request.path.split('/').slice(3)
  if (first === 'coql') return queryNeeds(request)
  if (first === 'users') return [both('ZohoCRM.users', 'READ')]
  if (first === 'org') return second === 'currencies' ? [settings('currencies')] : [both('ZohoCRM.org', 'READ')]
  if (first === 'settings') return [settings(second)]
  if (first === 'actions' && second === 'watch') return [watchNeeds(request.method)]
  const module = moduleNamed(first)
  if (module === undefined) return []
  if (second === 'search') return [moduleScope(module, 'READ'), ['ZohoSearch.securesearch.READ']]
  if (second === 'upsert') return [moduleScope(module, 'CREATE'), moduleScope(module, 'UPDATE')]
  if (third === 'actions' && fourth === 'merge') return [moduleScope(module, 'UPDATE')]
  return [moduleScope(module, OPERATIONS[request.method] ?? 'READ')]
}

const OPERATIONS: Readonly<Record<string, string>> = {
  GET: 'READ',
  POST: 'CREATE',
  PUT: 'UPDATE',
  PATCH: 'UPDATE',
  DELETE: 'DELETE',
}

const both = (prefix: string, operation: string): readonly string[] => [`${prefix}.${operation}`, `${prefix}.ALL`]

const settings = (part: string): readonly string[] => [
  ...both(`ZohoCRM.settings.${part}`, 'READ'),
  ...both('ZohoCRM.settings', 'READ'),
]

/** Writing covers creating, changing and deleting; a scope may name the module or leave it open. */
const moduleScope = (module: string, operation: string): readonly string[] => {
  const operations = operation === 'READ' ? ['READ', 'ALL'] : [operation, 'WRITE', 'ALL']
  return operations.flatMap((name) => [`ZohoCRM.modules.${module}.${name}`, `ZohoCRM.modules.${name}`])
}

/** A query needs the fields' definitions too, which no error tells. */
const queryNeeds = (request: SimulatorRequest): Needs => {
  const text = String(request.json()?.select_query ?? '')
  const module = moduleNamed(/\bfrom\s+!?(\w+)/i.exec(text)?.[1] ?? '')
  return [
    both('ZohoCRM.coql', 'READ'),
    settings('fields'),
    ...(module === undefined ? [] : [moduleScope(module, 'READ')]),
  ]
}

const watchNeeds = (method: string): readonly string[] => {
  const operation = OPERATIONS[method] ?? 'READ'
  const wide = operation === 'READ' ? [] : ['ZohoCRM.notifications.WRITE']
  return [...both('ZohoCRM.notifications', operation), ...wide]
}

/** Whether a grant covers a call. Letter case does not matter: documents and servers differ in it. */
export const covers = (granted: ReadonlySet<string>, needs: Needs): boolean => {
  const known = new Set([...granted].map((scope) => scope.toLowerCase()))
  return needs.every((any) => any.some((scope) => known.has(scope.toLowerCase())))
}
