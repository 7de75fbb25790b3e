import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runDemo } from '../demo/demo.ts'
import { installedCrms } from '../demo/installed.ts'
import { REAL_PROVIDER, realConnection } from './connection.ts'

const hostPackageJson = fileURLToPath(new URL('../../package.json', import.meta.url))

describe('the demo with a real CRM', () => {
  it('brings a hundred contacts in and one call out, once, at its contact', { timeout: 240_000 }, async () => {
    const crm = (await installedCrms(hostPackageJson)).find(({ id }) => id === REAL_PROVIDER)
    if (crm === undefined) throw new Error(`${REAL_PROVIDER} is not installed.`)
    const targets = [{ crm, connection: realConnection() }]
    expect(await runDemo({ hostPackageJson, targets, output: process.stdout })).toBe(0)
  })
})
