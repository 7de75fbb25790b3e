import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { validateMapping } from '../../packages/core/src/mapping/index.ts'
import { loadProviders } from '../../packages/core/src/registry/index.ts'
import { codeBlocks } from './markdown.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the plugin of docs/add-a-provider.md is one that a host takes, and it can do what the page says', async () => {
  mkdirSync(join(root, '.tmp'), { recursive: true })
  const folder = mkdtempSync(join(root, '.tmp', 'provider-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const blocks = codeBlocks(readFileSync(join(root, 'docs/add-a-provider.md'), 'utf8'))
  for (const { file, text } of blocks) if (file?.startsWith('src/')) write(file, text)
  const manifest = blocks.find(({ language }) => language === 'json')?.text ?? ''
  const plugin = JSON.parse(manifest) as { readonly name: string; readonly exports: Readonly<Record<string, object>> }
  const built = { ...plugin, exports: { '.': './index.js' } }
  write(`node_modules/${plugin.name}/package.json`, JSON.stringify(built))
  write(`node_modules/${plugin.name}/index.js`, "export { provider } from '../../src/index.ts'")
  write('package.json', JSON.stringify({ type: 'module', dependencies: { [plugin.name]: '*' } }))

  const registry = await loadProviders({ hostPackageJson: join(folder, 'package.json'), validateMapping })
  const { capabilities, packageName, version } = registry.get('acme')
  expect({ packageName, version }).toEqual({ packageName: 'raccordo-plugin-acme', version: '0.1.0' })
  expect(capabilities).toEqual({ people: ['pull', 'read', 'find', 'create', 'update', 'locate'] })
  expect(Object.keys(plugin.exports)).toEqual(['.', './simulator'])
})
