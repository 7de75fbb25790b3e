import { afterEach, expect, test } from 'vitest'
import { consentPage, giveConsent } from '../src/simulator/consent.ts'
import { serveSimulator } from '../src/simulator/server.ts'
import type { Route, SimulatorServer } from '../src/simulator/types.ts'

const servers: SimulatorServer[] = []
const serve = async (routes: readonly Route[]): Promise<SimulatorServer> => {
  const server = await serveSimulator({ routes })
  servers.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

const HOSTILE = `"><script>alert('x')</script>&amp;`

const crm = () =>
  serve([
    { method: 'GET', path: '/moved', handle: () => ({ status: 302, headers: { location: '/authorize' } }) },
    {
      method: 'GET',
      path: '/gone',
      handle: () => ({ status: 302, headers: { location: 'http://host.test/?error=x' } }),
    },
    {
      method: 'GET',
      path: '/authorize',
      handle: () => ({
        headers: { 'content-type': 'text/html' },
        body: consentPage({
          title: HOSTILE,
          app: HOSTILE,
          scopes: [HOSTILE],
          action: '/decide',
          fields: { state: HOSTILE },
        }),
      }),
    },
    {
      method: 'POST',
      path: '/decide',
      handle: (request) => ({ status: 302, headers: { location: `http://host.test/back?${request.form()}` } }),
    },
  ])

test('what a consent page shows and remembers cannot break out of its HTML', () => {
  const html = consentPage({
    title: HOSTILE,
    app: HOSTILE,
    scopes: [HOSTILE],
    action: HOSTILE,
    fields: { [HOSTILE]: HOSTILE },
  })
  expect(html).not.toContain('<script')
  expect(html).not.toContain(HOSTILE)
  expect(html.match(/<form/g)).toHaveLength(1)
})

test('consent posts the hidden fields unharmed and answers where the CRM leads to', async () => {
  const server = await crm()
  for (const decision of ['grant', 'deny'] as const) {
    const back = new URL(await giveConsent(`${server.url}/authorize`, { decision }))
    expect(back.origin + back.pathname).toBe('http://host.test/back')
    expect(Object.fromEntries(back.searchParams)).toEqual({ state: HOSTILE, decision })
  }
})

test('redirects within the CRM are followed, one that leads out of it is the answer', async () => {
  const server = await crm()
  expect(await giveConsent(`${server.url}/moved`)).toContain('decision=grant')
  expect(await giveConsent(`${server.url}/gone`)).toBe('http://host.test/?error=x')
})

test('a page without a form is an error that shows what came', async () => {
  const server = await serve([{ method: 'GET', path: '/', handle: () => ({ status: 400, body: 'unknown app' }) }])
  await expect(giveConsent(`${server.url}/`)).rejects.toThrow('400 unknown app')
})
