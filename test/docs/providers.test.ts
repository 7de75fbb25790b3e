import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { capabilityTable } from './capability_table.ts'

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

it('the documentation says of every installed object what its plugin can do with it', async () => {
  expect(await readFile(root('docs/providers.md'), 'utf8')).toContain(await capabilityTable(root('package.json')))
})
