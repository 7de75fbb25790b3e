import type { Ctx, Fields } from '@raccordo/core/plugin'
import { type CrmDouble, seededRandom } from '@raccordo/testkit/simulator'
import { openSession } from '../src/session.ts'
import { baseUrl, type OdooSettings } from '../src/settings.ts'
import { callMethod } from '../src/transport.ts'
import type { Found } from './canonical.ts'
import { odooHandles } from './double.ts'

/** The handles of a test on a real Odoo, through its API and as the user of the credentials. */
export const attachOdoo = async (connection: {
  readonly settings: Fields
  readonly credentials: Fields
}): Promise<CrmDouble> => {
  const settings = connection.settings as unknown as OdooSettings
  let calls = 0
  const context = (session: Fields): Ctx<OdooSettings> => ({
    settings,
    session,
    account: undefined,
    signal: new AbortController().signal,
    now: () => new Date(),
    lookup: async () => undefined,
    call: async ({ method = 'GET', path, headers, body, timeoutMs = 60_000 }) => {
      calls += 1
      const response = await fetch(`${settings.apiBaseUrl ?? baseUrl(settings)}${path}`, {
        method,
        headers: { 'Content-Type': 'application/json', ...headers },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.includes('json') === true
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: isJson ? JSON.parse(text) : text,
      }
    },
  })
  const { session } = await openSession(context({}), connection.credentials)
  const ctx = context(session)
  const quiet = { tracking_disable: true }

  const handles = odooHandles(
    {
      search: async (model, domain, fields) =>
        (await callMethod(ctx, {
          model,
          method: 'search_read',
          named: { domain: domain as never, fields, order: 'id asc' },
        })) as Found[],
      createMany: async (model, list) =>
        (await callMethod(ctx, {
          model,
          method: 'create',
          named: { vals_list: list as never },
          context: quiet,
        })) as number[],
      save: async (model, id, values) => {
        if (id === undefined) {
          const made = await callMethod(ctx, { model, method: 'create', named: { vals_list: [values] as never } })
          return Number(Array.isArray(made) ? made[0] : made)
        }
        await callMethod(ctx, { model, method: 'write', ids: [id], named: { vals: values as never } })
        return id
      },
      remove: async (model, id) => {
        await callMethod(ctx, { model, method: 'unlink', ids: [id] })
      },
    },
    seededRandom(1),
  )
  return { connection, ...handles, calls: () => calls, stop: async () => {} }
}
