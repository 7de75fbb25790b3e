import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProviderCheck } from '../check.ts'

/** Modules of Node that compute and touch nothing. */
const PURE = ['buffer', 'crypto', 'punycode', 'querystring', 'string_decoder', 'url', 'util', 'zlib']

/** What a plugin's source must not contain, and what to use instead. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\bprocess\s*\./, 'the process and its environment: settings come from ctx.settings'],
  [/\b(setTimeout|setInterval|setImmediate)\s*\(/, 'a timer: the engine waits and retries'],
  [/(?<![.\w])fetch\s*\(/, 'fetch: calls go through ctx.call'],
  [/^\s*export\s+default\b/m, 'a default export'],
  [/^export\s*\{[^}]*\bas\s+default\b/m, 'a default export'],
  [/^(export\s+)?(let|var)\s/m, 'a global variable: a session belongs into auth.session'],
  [
    /^(export\s+)?const\s[^\n]*=\s*new\s+(Map|Set|WeakMap|WeakSet)(<[^()]*>)?\(\)/m,
    'an empty global collection, which is state',
  ],
]

/** Everything in one source file that breaks the rule, as sentences. */
export const sourceFaults = (
  path: string,
  text: string,
  allowed: { readonly folder: string; readonly dependencies: readonly string[] },
): readonly string[] => {
  const code = withoutComments(text)
  const imports = importsOf(code).flatMap((name) => {
    const why = importFault(path, name, allowed)
    return why === undefined ? [] : [`imports ${name}: ${why}`]
  })
  return [...imports, ...FORBIDDEN.flatMap(([pattern, what]) => (pattern.test(code) ? [`has ${what}`] : []))]
}

const importFault = (
  path: string,
  name: string,
  { folder, dependencies }: { readonly folder: string; readonly dependencies: readonly string[] },
): string | undefined => {
  if (name.startsWith('.')) {
    const target = resolve(dirname(path), name)
    return target.startsWith(folder.endsWith(sep) ? folder : folder + sep)
      ? undefined
      : 'outside of the plugin’s source'
  }
  if (name === '@raccordo/core/plugin') return undefined
  if (name.startsWith('@raccordo/')) return 'a plugin knows only @raccordo/core/plugin'
  if (isBuiltin(name)) return PURE.includes(name.replace(/^node:/, '')) ? undefined : 'it reaches beyond ctx'
  const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/')
  return dependencies.includes(packageName) ? undefined : 'it is not among the plugin’s dependencies'
}

const importsOf = (code: string): readonly string[] =>
  [...code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g)].map((match) => match[2] ?? '')

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/[^\n]*/g, '$1')

const dependenciesAbove = async (folder: string): Promise<readonly string[]> => {
  for (let place = folder; ; place = dirname(place)) {
    const text = await readFile(join(place, 'package.json'), 'utf8').catch(() => undefined)
    if (text !== undefined) return Object.keys(JSON.parse(text).dependencies ?? {})
    if (place === dirname(place)) throw new Error(`No package.json above ${folder}`)
  }
}

export const sourceChecks: readonly ProviderCheck[] = [
  {
    rule: 'the source imports only @raccordo/core/plugin and its own dependencies, and has no environment, timers, state or default export',
    run: async (_provider, { source }) => {
      const folder = fileURLToPath(source)
      const dependencies = await dependenciesAbove(folder)
      const files = (await readdir(folder, { recursive: true })).filter((file) => /\.[cm]?[jt]s$/.test(file))
      assert.notEqual(files.length, 0, `${folder} holds no source`)
      const faults: string[] = []
      for (const file of files) {
        const path = join(folder, file)
        const found = sourceFaults(path, await readFile(path, 'utf8'), { folder, dependencies })
        faults.push(...found.map((fault) => `${relative(folder, path)} ${fault}`))
      }
      assert.deepEqual(faults, [])
    },
  },
]
