import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHost, type Host, type HostOptions, loadSimulators, type NewConnection } from '@raccordo/core'
import type { Simulator, SimulatorDefinition } from '@raccordo/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const hostPackageJson = fileURLToPath(new URL('../../package.json', import.meta.url))
const simulators = await loadSimulators(hostPackageJson)
const newKey = (): string => `${randomBytes(32).toString('base64url')}=`

for (const { provider, simulator } of simulators) {
  describe(`bad input to ${provider} gets one clear error and changes nothing`, () => {
    let folder: string
    let crm: Simulator
    let host: Host
    let good: NewConnection
    const options = (): HostOptions => ({
      dataDir: folder,
      hostPackageJson,
      allowPrivateHosts: true,
      logLevel: 'silent',
      pollSeconds: 0,
      sweepHours: 0,
    })

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'raccordo-bad-input-'))
      crm = await (simulator as SimulatorDefinition).start()
      host = await createHost(options())
      await host.start()
      good = { workspaceId: 'acme', provider, ...crm.connection }
      await host.connections.create(good)
    })
    afterAll(async () => {
      await host.stop()
      await crm.stop()
      await rm(folder, { recursive: true, force: true })
    })

    it.each([
      ['an unknown provider', { provider: 'nonesuch' }, { kind: 'not_found', message: /installed: .*npm install/ }],
      ['wrong settings', { settings: { apiBaseUrl: 7 } }, { kind: 'invalid', message: /\/settings\// }],
      ['an unknown object', { objects: ['nonesuch'] }, { kind: 'invalid', message: /has no object "nonesuch"\. Use / }],
      ['credentials of no known shape', { credentials: {} }, { kind: 'invalid', message: /takes \{/ }],
    ] as const)('%s', async (_, change, expected) => {
      const refused = host.connections.create({ ...good, ...(change as Partial<NewConnection>) })
      await expect(refused).rejects.toMatchObject({
        kind: expected.kind,
        message: expect.stringMatching(expected.message),
      })
      expect(await host.connections.list()).toHaveLength(1)
    })

    it('credentials that the CRM refuses, without a word of them', async () => {
      // A time is no secret, and one that cannot be read is refused before the CRM is asked.
      const credentials = Object.fromEntries(
        Object.entries(crm.connection.credentials).map(([name, value]) => [
          name,
          name === 'expiresAt' ? value : 'wrong-secret',
        ]),
      )
      const error = await host.connections.create({ ...good, credentials }).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ kind: 'auth' })
      expect(JSON.stringify(error)).not.toContain('wrong-secret')
      expect(await host.connections.list()).toHaveLength(1)
    })

    it('a malformed mapping, with a pointer', async () => {
      const [connection] = await host.connections.list()
      const id = connection?.id ?? ''
      const before = await host.connections.mapping(id)
      const spec = { version: 1, objects: { contact: { fields: { first_name: 'name (frist part)' } } } }
      await expect(host.connections.putMapping(id, spec)).rejects.toMatchObject({
        kind: 'invalid',
        pointer: '/objects/contact/fields/first_name',
      })
      expect(await host.connections.mapping(id)).toEqual(before)
    })

    it('a folder that another process has, then a key that opens nothing', { timeout: 180_000 }, async () => {
      await expect(createHost(options())).rejects.toMatchObject({
        kind: 'invalid',
        message: expect.stringContaining(folder),
      })
      await host.stop()
      const stranger = await createHost({ ...options(), encryptionKeys: [newKey()] })
      await expect(stranger.start()).rejects.toMatchObject({
        kind: 'invalid',
        message: expect.stringContaining('CRM_ENCRYPTION_KEYS'),
      })
      await stranger.stop()
      host = await createHost(options())
      await host.start()
      const [connection] = await host.connections.list()
      expect(await host.connections.validate(connection?.id ?? '')).toMatchObject({ ok: true })
    })
  })
}
