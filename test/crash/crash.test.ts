import { fileURLToPath } from 'node:url'
import { loadSimulators } from '@raccordo/core'
import type { Simulator, SimulatorDefinition } from '@raccordo/testkit'
import { afterAll, describe, inject, it } from 'vitest'
import { serverHome } from './home.ts'
import type { ServerProcess } from './server_process.ts'
import { surviveKills } from './survival.ts'

const simulators = await loadSimulators(fileURLToPath(new URL('../../package.json', import.meta.url)))

for (const { provider, simulator } of simulators) {
  describe.each(['pglite', 'postgres'] as const)(`kill -9 on %s with ${provider}`, (backend) => {
    let crm: Simulator | undefined
    let server: ServerProcess | undefined
    let home: Awaited<ReturnType<typeof serverHome>> | undefined
    afterAll(async () => {
      await server?.stop()
      await crm?.stop()
      await home?.drop()
    })

    it('every record arrives once and every call exists once', { timeout: 600_000 }, async () => {
      const simulated = await (simulator as SimulatorDefinition).start({ seed: 7 })
      crm = simulated
      home = await serverHome(backend, inject('postgresUrl'))
      const history = {
        provider,
        crm: simulated,
        connection: simulated.connection,
        environment: home.environment,
        contacts: 5_000,
        calls: 200,
        mark: 'Call',
        loseAnswers: () =>
          simulated.faults.add({ method: 'POST', probability: 0.3, effect: { kind: 'cut', when: 'after' } }),
      }
      await surviveKills(history, (started) => {
        server = started
      })
    })
  })
}
