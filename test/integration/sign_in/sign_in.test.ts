import { giveConsent, type Simulator } from '@raccordo/testkit/simulator'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { oauthSimulators, type Server, settingsOf, startServers } from './rig.ts'

for (const { provider, start } of await oauthSimulators()) {
  describe(`signing in to ${provider} with OAuth`, () => {
    let crm: Simulator & { readonly oauth: { readonly clientId: string; readonly clientSecret: string } }
    let servers: Awaited<ReturnType<typeof startServers>>
    let first: Server
    let second: Server
    let workspaceKey: string

    beforeAll(async () => {
      crm = await start()
      servers = await startServers(inject('postgresUrl'), provider, crm, {
        returnOrigins: ['https://app.example.com'],
      })
      ;({ first, second } = servers)
      workspaceKey = (await first.call('POST', '/api-keys', { name: 'app', workspaceId: 'acme' })).body.secret
    })
    afterAll(async () => {
      await servers.stop()
      await crm.stop()
    })

    const rows = async (statement: string): Promise<Record<string, unknown>[]> => {
      const client = new pg.Client({ connectionString: servers.databaseUrl })
      await client.connect()
      const result = await client.query(statement)
      await client.end()
      return result.rows
    }
    const begin = async (body: object = {}): Promise<string> => {
      const begun = await first.call('POST', `/oauth/${provider}/start`, {
        workspaceId: 'acme',
        settings: settingsOf(crm),
        ...body,
      })
      expect(begun).toMatchObject({ status: 200, body: { url: expect.stringMatching(/^http/) } })
      return begun.body.url
    }
    const connections = async () => (await first.call('GET', '/connections?workspaceId=acme')).body.items
    const tokenRequests = () => crm.log.filter(({ method, path }) => method === 'POST' && /token$/.test(path))
    /** The address to come back to, as it is reached at another server. */
    const at = (server: Server, url: string) => url.replace(/^https?:\/\/[^/]+/, server.url)

    it('keeps nothing where the person says no, and says what to do', async () => {
      const back = await giveConsent(await begin({ returnUrl: 'https://app.example.com/crm' }), { decision: 'deny' })
      const answer = await first.visit(back)
      expect(answer.status).toBe(422)
      expect(answer.text).toContain('Not connected')
      expect(answer.text).toContain('Begin again')
      expect(answer.text).toContain('href="https://app.example.com/crm"')
      const again = await giveConsent(await begin(), { decision: 'deny' })
      expect(await first.visit(again, 'application/json')).toMatchObject({ status: 422, body: { kind: 'auth' } })
      expect(tokenRequests()).toEqual([])
      expect(await connections()).toEqual([])
      expect(await rows('select * from crm_sign_ins')).toEqual([])
    })

    it.each([
      ['no state', ''],
      ['a state that nobody made', '?code=c&state=nonesuch'],
      ['two states', '?code=c&state=a&state=b'],
      ['characters that no database holds', '?code=c&state=%00'],
    ])('refuses a callback with %s', async (_, query) => {
      const answer = await first.visit(`${first.url}/crm/oauth/${provider}/callback${query}`, 'application/json')
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
      expect(answer.body.kind).toBe('invalid')
    })

    it('refuses a callback without a code, with one that the CRM does not know, and one after ten minutes', async () => {
      const stateOf = async () => new URL(await begin()).searchParams.get('state') ?? ''
      const callback = (query: string) => first.visit(`${first.url}/crm/oauth/${provider}/callback?${query}`)
      expect((await callback(`state=${await stateOf()}`)).status).toBe(422)
      const refused = await callback(`code=<script>&state=${await stateOf()}`)
      expect(refused.status).toBe(422)
      expect(refused.text).not.toContain('<script>')
      const late = await stateOf()
      await rows(`update crm_sign_ins set expires_at = now() - interval '1 second'`)
      expect((await callback(`code=c&state=${late}`)).text).toContain('older than ten minutes')
      expect(await connections()).toEqual([])
    })

    it('refuses to send people back to where nobody said', async () => {
      for (const returnUrl of [
        'https://evil.example/',
        '//evil.example',
        '/\\evil.example',
        'javascript:alert(1)',
        'https://app.example.com@evil.example',
        'https://app.example.com.evil.example/',
        'http://app.example.com/',
      ]) {
        const answer = await first.call('POST', `/oauth/${provider}/start`, { workspaceId: 'acme', returnUrl })
        expect(answer, returnUrl).toMatchObject({ status: 422, body: { kind: 'invalid', pointer: '/returnUrl' } })
      }
    })

    it("keeps a stranger's settings, workspaces and connections out", async () => {
      const start = (body: object, key?: string) => first.call('POST', `/oauth/${provider}/start`, body, key)
      const ownServer = { workspaceId: 'acme', settings: { ...settingsOf(crm), authBaseUrl: 'https://evil.example' } }
      const refused = await start(ownServer, workspaceKey)
      expect(refused).toMatchObject({ status: 422, body: { pointer: '/settings/authBaseUrl' } })
      expect((await start({ workspaceId: 'other' }, workspaceKey)).status).toBe(403)
      expect((await start({ workspaceId: 'acme', connectionId: 'nope' })).status).toBe(404)
      expect((await start({ workspaceId: 'acme', objects: ['nonesuch'] })).status).toBe(422)
      expect((await start({ workspaceId: 'acme' }, 'no-key')).status).toBe(401)
      expect((await first.call('POST', '/oauth/nonesuch/start', { workspaceId: 'acme' })).status).toBe(404)
    })

    it('asks only for the scopes of the objects that are on', async () => {
      const scopesFor = async (objects: readonly string[]) =>
        new URL(await begin({ objects })).searchParams.get('scope')
      const contacts = await scopesFor(['contact'])
      const { items } = (await first.call('GET', '/providers')).body
      const { objects } = items.find(({ id }: { id: string }) => id === provider)
      const all = await scopesFor(objects.map(({ name }: { name: string }) => name))
      expect(contacts).not.toBe('')
      expect(String(all).length).toBeGreaterThan(String(contacts).length)
    })

    let connectionId: string
    it('connects at whichever server the person comes back to, once', async () => {
      const back = await giveConsent(await begin({ name: 'Ours', objects: ['contact'] }))
      const before = tokenRequests().length
      const [one, other] = await Promise.all([
        first.visit(at(first, back), 'application/json'),
        second.visit(at(second, back), 'application/json'),
      ])
      expect([one.status, other.status].toSorted()).toEqual([201, 422])
      expect(tokenRequests()).toHaveLength(before + 1)
      const connection = one.status === 201 ? one.body : other.body
      connectionId = connection.id
      expect(connection).toMatchObject({ workspaceId: 'acme', provider, name: 'Ours', status: 'active' })
      expect(await connections()).toHaveLength(1)
      expect((await second.call('POST', `/connections/${connectionId}/validate`)).body).toMatchObject({ ok: true })
      const kept = JSON.stringify(await rows('select * from crm_connections'))
      const grant = JSON.parse(tokenRequests().at(-1)?.responseBody ?? '{}')
      for (const secret of [grant.access_token, grant.refresh_token, crm.oauth.clientSecret]) {
        expect(kept).not.toContain(secret)
        expect(one.text + other.text).not.toContain(secret)
      }
      expect((await first.visit(back, 'application/json')).body).toMatchObject({ status: 422, kind: 'invalid' })
    })

    it('sends the person back to the application', async () => {
      const back = await giveConsent(await begin({ returnUrl: 'https://app.example.com/crm?tab=2' }))
      const answer = await first.visit(back)
      expect(answer.status).toBe(302)
      expect(answer.headers.get('location')).toBe(`https://app.example.com/crm?tab=2&connectionId=${connectionId}`)
    })

    it('signs the connection to the same account in again instead of making a second one', async () => {
      expect(await connections()).toMatchObject([{ id: connectionId, name: 'Ours' }])
      const elsewhere = await giveConsent(await begin({ workspaceId: 'elsewhere' }))
      expect((await first.visit(elsewhere, 'application/json')).status).toBe(201)
      expect((await first.call('GET', '/connections?workspaceId=elsewhere')).body.items).toHaveLength(1)
    })

    it('brings a dead connection back to life with its cursors and links', async () => {
      const link = { object: 'contact', localId: 'l-1', externalId: 'x-1' }
      await first.call('PUT', `/connections/${connectionId}/links`, link)
      await rows(`update crm_sync_cursors set watermark = '2020-01-01', failures = 3, next_at = '2100-01-01'
        where connection_id = '${connectionId}' and pass = 'delta'`)
      await rows(`update crm_connections set status = 'needs_reconnect', status_reason = 'revoked'
        where id = '${connectionId}'`)
      const back = await giveConsent(await begin({ connectionId, settings: undefined }))
      const answer = await first.visit(back)
      expect(answer.status).toBe(200)
      expect(answer.text).toContain('Signed in again')
      const after = (await first.call('GET', `/connections/${connectionId}`)).body
      expect(after).toMatchObject({ id: connectionId, status: 'active', name: 'Ours' })
      expect(after.statusReason).toBeUndefined()
      expect((await first.call('GET', `/connections/${connectionId}/links?localId=l-1`)).body.items).toMatchObject([
        link,
      ])
      const [cursor] = await rows(`select watermark, next_at <= now() as due from crm_sync_cursors
        where connection_id = '${connectionId}' and pass = 'delta'`)
      expect(cursor).toEqual({ watermark: new Date('2020-01-01'), due: true })
    })

    it('refuses the grant of another account for a connection, and keeps the old one', async () => {
      await rows(`update crm_connections set account = '{"id":"another"}' where id = '${connectionId}'`)
      const before = await rows(`select credentials from crm_connections where id = '${connectionId}'`)
      const back = await giveConsent(await begin({ connectionId }))
      expect(await first.visit(back, 'application/json')).toMatchObject({ status: 409, body: { kind: 'conflict' } })
      expect(await rows(`select credentials from crm_connections where id = '${connectionId}'`)).toEqual(before)
    })
  })
}
