import type { Route, SimulatorHandler } from '@raccordo/testkit/simulator'
import { accountHandlers } from './account.ts'
import { convertHandler } from './convert.ts'
import { queryHandler } from './coql.ts'
import { deletedHandler } from './deleted.ts'
import { unknownPath, wrongMethod } from './guard.ts'
import { listHandlers } from './list.ts'
import { mergeHandler } from './merge.ts'
import { metadataHandlers } from './metadata.ts'
import type { makeOAuth } from './oauth.ts'
import type { Org } from './org.ts'
import { makePageTokens } from './page-tokens.ts'
import { searchHandler } from './search.ts'
import type { makeWatch } from './watch.ts'
import { writeHandlers } from './write-requests.ts'

/** Every path that is served. All versions of the API lead to the same handlers. */
export const makeRoutes = (
  org: Org,
  parts: {
    readonly oauth: ReturnType<typeof makeOAuth>
    readonly watch: ReturnType<typeof makeWatch>
    readonly guarded: (handle: SimulatorHandler) => SimulatorHandler
  },
): readonly Route[] => {
  const { oauth, watch, guarded } = parts
  const lists = listHandlers(org, makePageTokens(org.now))
  const writes = writeHandlers(org)
  const metadata = metadataHandlers(org)
  const account = accountHandlers(org)
  const api = (method: Route['method'], path: string, handle: SimulatorHandler): Route => ({
    method,
    path: `/crm/:version/${path}`,
    handle: guarded(handle),
  })
  return [
    { method: 'GET', path: '/oauth/v2/auth', handle: oauth.authorize },
    { method: 'POST', path: '/oauth/v2/auth', handle: oauth.decide },
    { method: 'POST', path: '/oauth/v2/token', handle: oauth.token },
    { method: 'POST', path: '/oauth/v2/token/revoke', handle: oauth.revoke },
    api('GET', 'settings/modules', metadata.modules),
    api('GET', 'settings/modules/:module', metadata.module),
    api('GET', 'settings/fields', metadata.fields),
    api('GET', 'settings/layouts', metadata.layouts),
    api('GET', 'settings/pipeline', metadata.pipelines),
    api('GET', 'users', account.users),
    api('GET', 'users/:id', account.user),
    api('GET', 'org', account.organisation),
    api('GET', 'org/currencies', account.currencies),
    api('POST', 'coql', queryHandler(org)),
    api('POST', 'actions/watch', watch.open),
    api('PUT', 'actions/watch', watch.replace),
    api('PATCH', 'actions/watch', watch.edit),
    api('GET', 'actions/watch', watch.list),
    api('DELETE', 'actions/watch', watch.close),
    api('GET', ':module', lists.list),
    api('POST', ':module', writes.insert),
    api('PUT', ':module', writes.update),
    api('DELETE', ':module', writes.remove),
    api('GET', ':module/deleted', deletedHandler(org)),
    api('GET', ':module/search', searchHandler(org)),
    api('POST', ':module/upsert', writes.upsert),
    api('GET', ':module/:id', lists.one),
    api('PUT', ':module/:id', writes.update),
    api('DELETE', ':module/:id', writes.remove),
    api('POST', ':module/:id/actions/merge', mergeHandler(org)),
    api('POST', ':module/:id/actions/convert', convertHandler(org)),
    { method: '*', path: '/crm/:version/:module', handle: wrongMethod },
    { method: '*', path: '/crm/:version/:module/:id', handle: wrongMethod },
    { method: '*', path: '/*', handle: unknownPath },
  ]
}
