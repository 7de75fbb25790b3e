import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Simulator } from '@raccordo/testkit'
import { describe, expect, it } from 'vitest'
import { installedCrms } from './demo/installed.ts'
import type { Printer, Result } from './demo/print.ts'
import { runDemo } from './demo/run.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const hostPackageJson = fileURLToPath(new URL('../package.json', import.meta.url))
const run = promisify(execFile)
const demo = (...words: string[]) => run(process.execPath, ['test/demo/main.ts', ...words], { cwd: root })

const silent = (tables: (readonly Result[])[], failures: string[]): Printer => ({
  heading: () => undefined,
  done: () => undefined,
  failed: (text) => failures.push(text),
  note: () => undefined,
  progress: () => ({ update: () => undefined, stop: () => undefined }),
  table: (results) => tables.push(results),
})

describe('the demo', () => {
  it('carries a record both ways with every installed CRM and exits with 0', { timeout: 240_000 }, async () => {
    const { stdout } = await demo()
    for (const { id } of await installedCrms(hostPackageJson)) {
      expect(stdout).toMatch(new RegExp(`│ ${id} +│ 100 +│ 20 +│ 5 +│ \\d+ +│ \\d+ +│ [\\d.]+ +│`))
    }
  })

  it('exits with failure where a CRM takes the call and loses it', { timeout: 240_000 }, async () => {
    const [first] = await installedCrms(hostPackageJson)
    if (first === undefined) throw new Error('no CRM is installed')
    const failures: string[] = []
    const breakCalls = (crm: object): void => {
      // The CRM deletes every call that it is given before anybody reads it back.
      const simulator = crm as Simulator
      const { truth } = simulator
      Object.defineProperty(simulator, 'truth', {
        value: async (type: 'activity') => (type === 'activity' ? [] : truth(type)),
      })
    }
    const isRight = await runDemo({
      hostPackageJson,
      targets: [{ crm: first }],
      print: silent([], failures),
      onCrm: breakCalls,
    })
    expect(isRight).toBe(false)
    expect(failures.join()).toContain('in the CRM: expected 1, got 0')
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
