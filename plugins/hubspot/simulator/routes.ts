import type { Route, SimulatorHandler } from '@raccordo/testkit/simulator'
import { accountHandlers } from './account.ts'
import { answering } from './answers.ts'
import { associationHandlers } from './associations.ts'
import { type BatchOptions, batchHandlers } from './batch.ts'
import type { makeOAuth } from './oauth.ts'
import { pipelineHandlers } from './pipeline-routes.ts'
import type { Portal } from './portal.ts'
import { recordHandlers } from './records.ts'
import { type SearchOptions, searchHandler } from './search.ts'

export interface RouteOptions extends BatchOptions, SearchOptions {
  readonly mergeMakesNewId: boolean
  readonly associationPageSize: number
}

/** Every route under the paths of any dated version and of v3 and v4: all versions have the same handlers. */
export const makeRoutes = (
  portal: Portal,
  oauth: ReturnType<typeof makeOAuth>,
  options: RouteOptions,
): readonly Route[] => {
  const records = recordHandlers(portal, options)
  const batch = batchHandlers(portal, options)
  const associations = associationHandlers(portal, { pageSize: options.associationPageSize })
  const account = accountHandlers(portal)
  const pipelines = pipelineHandlers()
  const search = searchHandler(portal, options)

  const objects = (prefix: string): readonly Route[] => [
    post(`${prefix}/:type/search`, search),
    post(`${prefix}/:type/batch/read`, batch.read),
    post(`${prefix}/:type/batch/create`, batch.create),
    post(`${prefix}/:type/batch/update`, batch.update),
    post(`${prefix}/:type/batch/upsert`, batch.upsert),
    post(`${prefix}/:type/batch/archive`, batch.archive),
    post(`${prefix}/:type/merge`, records.merge),
    post(`${prefix}/:type/gdpr-delete`, records.forget),
    get(`${prefix}/:from/:id/associations/:to`, associations.list),
    route('PUT', `${prefix}/:from/:id/associations/default/:to/:toId`, associations.putDefault),
    route('PUT', `${prefix}/:from/:id/associations/:to/:toId`, associations.put),
    route('DELETE', `${prefix}/:from/:id/associations/:to/:toId`, associations.remove),
    get(`${prefix}/:type`, records.list),
    post(`${prefix}/:type`, records.create),
    get(`${prefix}/:type/:id`, records.read),
    route('PATCH', `${prefix}/:type/:id`, records.update),
    route('DELETE', `${prefix}/:type/:id`, records.archive),
  ]
  const batches = (prefix: string): readonly Route[] => [
    post(`${prefix}/:from/:to/batch/read`, associations.batchRead),
    post(`${prefix}/:from/:to/batch/create`, associations.batchCreate),
    post(`${prefix}/:from/:to/batch/associate/default`, associations.batchDefault),
    post(`${prefix}/:from/:to/batch/archive`, associations.batchArchive),
  ]
  const definitions = (prefix: (what: string) => string): readonly Route[] => [
    get(`${prefix('properties')}/:type`, account.properties),
    get(`${prefix('properties')}/:type/:name`, account.property),
    post(`${prefix('properties')}/:type`, account.createProperty),
    get(`${prefix('pipelines')}/:type`, pipelines.list),
    get(`${prefix('pipelines')}/:type/:id`, pipelines.one),
    get(`${prefix('pipelines')}/:type/:id/stages`, pipelines.stages),
    get(prefix('owners'), account.owners),
    get(`${prefix('owners')}/:id`, account.owner),
  ]
  return [
    get('/oauth/authorize', oauth.authorize),
    post('/oauth/authorize', oauth.decide),
    get('/oauth/v1/access-tokens/:token', oauth.tokenInfo),
    get('/oauth/v1/refresh-tokens/:token', oauth.tokenInfo),
    route('DELETE', '/oauth/v1/refresh-tokens/:token', oauth.forget),
    post('/oauth/:version/token', oauth.token),
    post('/oauth/:version/token/introspect', oauth.introspect),
    post('/oauth/:version/token/revoke', oauth.revoke),
    get('/account-info/:version/details', account.details),
    ...objects('/crm/v3/objects'),
    ...objects('/crm/v4/objects'),
    ...objects('/crm/objects/:version'),
    ...batches('/crm/v3/associations'),
    ...batches('/crm/v4/associations'),
    ...batches('/crm/associations/:version'),
    ...definitions((what) => `/crm/v3/${what}`),
    ...definitions((what) => `/crm/${what}/:version`),
  ]
}

const route = (method: Route['method'], path: string, handle: SimulatorHandler): Route => ({
  method,
  path,
  handle: answering(handle),
})
const get = (path: string, handle: SimulatorHandler): Route => route('GET', path, handle)
const post = (path: string, handle: SimulatorHandler): Route => route('POST', path, handle)
