import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** One exchange with a real Odoo, as recorded. */
export interface Exchange {
  readonly place: string
  readonly name: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Record<string, string>
    readonly body: unknown
  }
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly body: unknown }
}

const root = fileURLToPath(new URL('../fixtures/', import.meta.url))

/** All exchanges with one version, in the order in which they happened. */
export const exchangesWith = (version: '14' | '19'): readonly Exchange[] =>
  readdirSync(`${root}odoo${version}`)
    .sort()
    .flatMap((folder) =>
      readdirSync(`${root}odoo${version}/${folder}`)
        .sort()
        .map((file) => ({
          ...JSON.parse(readFileSync(`${root}odoo${version}/${folder}/${file}`, 'utf8')),
          place: `${folder}/${file.replace('.json', '')}`,
        })),
    )

/** The method call inside a request, whichever transport carried it. */
export const callIn = (body: unknown, path: string) => {
  const named = /^\/json\/2\/([^/]+)\/([^/]+)$/.exec(path)
  if (named !== null) return { model: named[1] ?? '', method: named[2] ?? '' }
  const call = (body as { params?: { service?: string; args?: unknown[] } } | null)?.params
  if (call?.service !== 'object' || call.args === undefined) return undefined
  return { model: String(call.args[3]), method: String(call.args[4]) }
}

/** Ids of a real server's records, as those of another one that has lived through the same. */
export const idBook = () => {
  const known = new Map<string, number>()
  const key = (model: string, id: unknown) => `${model},${id}`
  const of = (model: string, id: unknown): unknown => known.get(key(model, id)) ?? id
  const learn = (model: string, recorded: unknown, actual: unknown): void => {
    if (typeof recorded === 'number' && typeof actual === 'number') known.set(key(model, recorded), actual)
    if (Array.isArray(recorded) && Array.isArray(actual))
      recorded.forEach((id, index) => {
        learn(model, id, actual[index])
      })
  }
  const ids = (model: string, value: unknown): unknown =>
    Array.isArray(value) ? value.map((id) => of(model, id)) : of(model, value)
  const relation: Readonly<Record<string, string>> = {
    parent_id: 'res.partner',
    res_id: 'res.partner',
    category_id: 'res.partner.category',
    country_id: 'res.country',
  }
  const value = (model: string, name: string, given: unknown): unknown => {
    if (name === 'id' || name === '.id') return ids(model, given)
    const target = relation[name.replace('/.id', '')]
    if (target === undefined) return given
    if (name.endsWith('/.id'))
      return String(given)
        .split(',')
        .map((id) => String(of(target, Number(id)) || ''))
        .join(',')
    if (!Array.isArray(given)) return of(target, given)
    return given.map((command) =>
      Array.isArray(command) && (command[0] === 6 || command[0] === 4 || command[0] === 3)
        ? command.map((part, index) => (index === 0 ? part : ids(target, part)))
        : of(target, command),
    )
  }
  const cells = (model: string, columns: readonly string[], rows: readonly unknown[][]) =>
    rows.map((row) =>
      row.map((cell, index) => {
        const column = columns[index] ?? ''
        if (column === '.id') return String(of(model, Number(cell)))
        return column === 'res_id'
          ? String(of('res.partner', Number(cell)))
          : column.endsWith('/.id')
            ? value(model, column, cell)
            : cell
      }),
    )
  const domain = (model: string, terms: unknown): unknown =>
    Array.isArray(terms)
      ? terms.map((term) => (Array.isArray(term) ? [term[0], term[1], value(model, String(term[0]), term[2])] : term))
      : terms
  const values = (model: string, given: unknown): unknown => {
    if (Array.isArray(given)) return given.map((one) => values(model, one))
    return Object.fromEntries(Object.entries(given as object).map(([name, one]) => [name, value(model, name, one)]))
  }
  return { ids, cells, domain, values, learn }
}
