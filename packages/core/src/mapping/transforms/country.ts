import type { Json } from '../../contract.ts'
import { idOf, textOf } from '../remote-value.ts'
import { countryName, toCountry } from './countries.ts'
import type { Making, Scope, Transform } from './transform.ts'

const MISSING = 'is no country that ISO 3166 knows'

/**
 * ISO 3166 alpha-2 codes from codes, names, or the CRM's ids through `table`. Goes back as the id where the remote
 * field is a relation, as the matching option where it is a picklist, else as code, or as English name with
 * `as: "name"`.
 */
export const country = (making: Making): Transform => {
  const { table } = making.options
  const toRelation = table !== undefined && (making.remoteType === 'reference' || making.remoteType === undefined)
  return {
    pull: (value, scope) => {
      const code = (table === undefined ? undefined : fromTable(value, table, scope)) ?? toCountry(textOf(value) ?? '')
      if (code === undefined) scope.warn(MISSING)
      return code ?? null
    },
    push: toRelation ? (value, scope) => toRow(value as string, table, scope) : toText(making),
  }
}

const fromTable = (value: Json, table: string, scope: Scope): string | undefined => {
  const id = idOf(value)
  const row = id === undefined ? undefined : scope.resolve.lookup(table, { id })
  return row === undefined ? undefined : (toCountry(row.key) ?? toCountry(row.label ?? ''))
}

const toRow = (code: string, table: string, scope: Scope): Json | undefined => {
  const row = scope.resolve.lookup(table, { key: code })
  if (row === undefined)
    scope.refuse(`The CRM's table "${table}" has no country ${code}`, 'Add the country in the CRM.')
  return row?.id
}

const toText = ({ options, remoteType, remoteOptions }: Making): Transform['push'] => {
  if (remoteType === 'reference') {
    return (_, scope) => {
      scope.refuse('The remote field is a relation', 'Name the lookup table of countries as "table" in the rule.')
      return undefined
    }
  }
  if (remoteType === 'picklist' && remoteOptions.length > 0) {
    const byCode = new Map<string, string>()
    for (const { value, label } of remoteOptions) {
      const code = toCountry(value) ?? toCountry(label)
      if (code !== undefined && !byCode.has(code)) byCode.set(code, value)
    }
    return (value, scope) => {
      const option = byCode.get(value as string)
      if (option === undefined) scope.refuse(`The CRM's list has no country ${value}`, 'Add it to the list in the CRM.')
      return option
    }
  }
  return options.as === 'name' ? (value) => countryName(value as string) : (value) => value
}
