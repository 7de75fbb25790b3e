import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TruthRecord } from '@raccordo/testkit'
import type { CrmDouble, Simulator } from '@raccordo/testkit/simulator'
import { describe, expect, it } from 'vitest'
import { runDemo } from './demo/demo.ts'
import { installedCrms } from './demo/installed.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const hostPackageJson = fileURLToPath(new URL('../package.json', import.meta.url))
const run = promisify(execFile)
const demo = (...words: string[]) => run(process.execPath, ['test/demo/main.ts', ...words], { cwd: root })

/** Runs the story of the first installed CRM, which `spoil` makes lie; answers the exit status and what was said. */
const demoWith = async (spoil: (simulator: Simulator) => CrmDouble) => {
  const [crm] = await installedCrms(hostPackageJson)
  if (crm === undefined) throw new Error('No CRM is installed.')
  let said = ''
  const output = new Writable({
    write: (chunk, _, done) => {
      said += String(chunk)
      done()
    },
  })
  const status = await runDemo({ hostPackageJson, targets: [{ crm }], output, prepare: spoil, patienceMs: 10_000 })
  return { status, said }
}

/** The handles of a simulator, but for one. */
const but = (simulator: Simulator, changed: Partial<CrmDouble>): CrmDouble => ({
  connection: simulator.connection,
  seed: (plan) => simulator.seed(plan),
  truth: (type) => simulator.truth(type),
  edit: (type, id, data) => simulator.edit(type, id, data),
  add: (type, data, links) => simulator.add(type, data, links),
  remove: (type, id, how) => simulator.remove(type, id, how),
  calls: () => simulator.calls(),
  stop: () => simulator.stop(),
  ...changed,
})

describe('the demo', () => {
  it('carries records both ways with every installed CRM and exits with 0', { timeout: 240_000 }, async () => {
    const { stdout } = await demo()
    for (const { title } of await installedCrms(hostPackageJson)) {
      expect(stdout).toMatch(new RegExp(`│ ${title} +│ +100 │ +20 │ +8 │ \\d+ +│ \\d+ +│ +\\d+ │ +[\\d.]+ │ ok │`))
    }
  })

  it('exits with 1 where the CRM holds a call twice', { timeout: 240_000 }, async () => {
    const { status, said } = await demoWith((simulator) =>
      but(simulator, {
        truth: async (type): Promise<readonly TruthRecord[]> => {
          const records = await simulator.truth(type)
          return type === 'activity' ? [...records, ...records] : records
        },
      }),
    )
    expect(status, said).toBe(1)
  })

  it('exits with 1 where what users change does not arrive', { timeout: 240_000 }, async () => {
    const { status, said } = await demoWith((simulator) => but(simulator, { edit: async () => undefined }))
    expect(status, said).toBe(1)
  })

  it('leaves no server behind when it is ended', { timeout: 120_000 }, async () => {
    const child = spawn(process.execPath, ['test/demo/main.ts', '--keep'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    const url = await new Promise<string>((resolve) => {
      child.stdout.on('data', (chunk) => {
        said += String(chunk)
        const found = /at (http:\S+), ready/.exec(said)
        if (found?.[1] !== undefined) resolve(found[1])
      })
    })
    const ended = once(child, 'exit')
    child.kill('SIGINT')
    await ended
    await expect(fetch(`${url}/livez`)).rejects.toThrow()
  })

  it('names an unknown flag and exits with 2', async () => {
    await expect(demo('--nonsense')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--nonsense is not known'),
    })
  })

  it('says how it is used', async () => {
    const { stdout } = await demo('--help')
    expect(stdout).toContain('Usage: pnpm demo')
  })
})
