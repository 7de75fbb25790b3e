import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { simulator } from '@raccordo/plugin-odoo/simulator'
import { expect, onTestFinished, test } from 'vitest'
import { run } from '../packaging/run.ts'
import { codeBlocks } from './markdown.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const exampleIn = (page: string): string => {
  const blocks = codeBlocks(readFileSync(join(root, page), 'utf8'))
  return blocks.find(({ file }) => file === 'example.ts')?.text ?? ''
}

/** The example of the README in a project of its own, inside the workspace so that it finds the packages. */
const project = (): string => {
  mkdirSync(join(root, '.tmp'), { recursive: true })
  const folder = mkdtempSync(join(root, '.tmp', 'readme-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'example.ts'), exampleIn('README.md'))
  const dependencies = { '@raccordo/core': '*', '@raccordo/plugin-odoo': '*' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'example', type: 'module', dependencies }))
  return folder
}

test('core shows the same example', () => {
  expect(exampleIn('packages/core/README.md')).toBe(exampleIn('README.md'))
})

test('the example in the README does what it says, and running it again writes nothing twice', async () => {
  const crm = await simulator.start()
  onTestFinished(() => crm.stop())
  await crm.seed({ contacts: 3, companies: 1 })
  const { settings, credentials } = crm.connection
  const variables = {
    ODOO_URL: String(settings['url']),
    ODOO_DATABASE: String(settings['database']),
    ODOO_USER: String(credentials['username']),
    ODOO_PASSWORD: String(credentials['password']),
  }
  const { length: people } = await crm.truth('contact')
  const cwd = project()
  for (const _ of [1, 2]) {
    const { stdout } = await run(process.execPath, ['example.ts'], { cwd, variables })
    expect(stdout).toContain(`${people} contacts, call done`)
  }
  expect(await crm.truth('activity')).toHaveLength(1)
}, 240_000)
