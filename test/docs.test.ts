import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { REACTIONS } from '@raccordo/core'
import { expect, onTestFinished, test } from 'vitest'
import { codeBlocks, tableRows, withoutJsonComments } from './docs/markdown.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const pages = globSync(['README.md', 'docs/*.md', '{packages,plugins,apps}/*/README.md'], { cwd: root })

test('the TypeScript in the documentation compiles against the workspace', () => {
  mkdirSync(join(root, '.tmp'), { recursive: true })
  const folder = mkdtempSync(join(root, '.tmp', 'docs-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const files = pages.flatMap((page) =>
    codeBlocks(read(page))
      .filter(({ language, isFragment }) => language === 'ts' && !isFragment)
      .map(({ text, line, file }) => {
        const target = join(folder, page.replaceAll(/[^\w]/g, '_'), file ?? `line-${line}.ts`)
        mkdirSync(dirname(target), { recursive: true })
        writeFileSync(target, `${text}\nexport {}\n`)
        return target
      }),
  )
  expect(files.length).toBeGreaterThan(3)
  const options = { noEmit: true, noUnusedLocals: false, noUnusedParameters: false }
  const tsconfig = { extends: join(root, 'tsconfig.base.json'), compilerOptions: options, files }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  expect(compile(folder)).toBe('')
}, 180_000)

const compile = (folder: string): string => {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json')
  const tsc = join(dirname(manifest), 'bin', 'tsc')
  try {
    execFileSync(process.execPath, [tsc, '-p', folder], { cwd: root, encoding: 'utf8' })
    return ''
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
  }
}

test.each(pages)('the JSON in %s is JSON', (page) => {
  for (const { language, text, line } of codeBlocks(read(page))) {
    if (language !== 'json' && language !== 'jsonc') continue
    const parse = () => JSON.parse(language === 'jsonc' ? withoutJsonComments(text) : text)
    expect(parse, `${page}:${line}`).not.toThrow()
  }
})

test.each(pages)('the files that %s leads to exist', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map((match) => match[1] ?? '')
  const missing = links.filter((link) => globSync(join(dirname(page), link), { cwd: root }).length === 0)
  expect(missing).toEqual([])
})

test('docs/errors.md says of every kind what the engine does', () => {
  const yes = (value: boolean): string => (value ? 'yes' : 'no')
  const expected = Object.entries(REACTIONS).map(([kind, { retryable, countsAsAttempt, leadsTo, waitMs }]) => [
    `\`${kind}\``,
    yes(retryable),
    yes(countsAsAttempt),
    `\`${leadsTo}\``,
    `${waitMs} ms`,
  ])
  const page = read('docs/errors.md')
  expect(tableRows(page, 'kind')).toEqual(expected)
  for (const kind of Object.keys(REACTIONS)) expect(page).toContain(`- **\`${kind}\`**`)
})

test('docs/contract.md names every type and every member of the contract', () => {
  const page = read('docs/contract.md')
  const contract = read('packages/core/src/contract.ts').replaceAll(/\/\*[\s\S]*?\*\//g, '')
  const named = (word: string) => new RegExp(`\\b${word}\\b`).test(page)
  const members = [...contract.matchAll(/^(?: {2}(?:readonly )?| {4}readonly )(\w+)\??[:(]/gm)].map(
    (match) => match[1] ?? '',
  )
  expect(members.length).toBeGreaterThan(80)
  expect([...new Set(members)].filter((member) => !named(member))).toEqual([])
  const interfaces = [...contract.matchAll(/^export interface (\w+)/gm)].map((match) => match[1] ?? '')
  expect(interfaces.filter((name) => !named(name))).toEqual([])
})

test('docs/operations.md has the metrics that the host has, with their labels', () => {
  const source = read('packages/core/src/telemetry/metrics.ts')
  const names = new Set([...source.matchAll(/'(crm_\w+)'/g)].map((match) => match[1]))
  const rows = tableRows(read('docs/operations.md'), 'metric')
  expect(rows.map(([name]) => name?.replaceAll('`', '')).toSorted()).toEqual([...names].toSorted())
})

test('docs/operations.md has every variable that the server reads, and no other', () => {
  const source = read('apps/server/src/config/configuration.ts')
  const known = [...source.matchAll(/^ {2}([A-Z_]+): values\./gm)].map((match) => match[1])
  expect(known.length).toBeGreaterThan(10)
  const names = tableRows(read('docs/operations.md'), 'variable').flatMap(
    ([cell = '']) => cell.match(/[A-Z_<>]+/g) ?? [],
  )
  expect(names.filter((name) => !name.includes('<')).toSorted()).toEqual(known.toSorted())
})

test('docs/operations.md has the exit codes of the command line', () => {
  const source = read('apps/server/src/cli/exit_codes.ts')
  const codes = [...source.matchAll(/^ {2}\w+: (\d+),/gm)].map((match) => match[1])
  expect(tableRows(read('docs/operations.md'), 'code').map(([code]) => code)).toEqual(codes)
})
