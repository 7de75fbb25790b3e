import { idOf } from '../remote-value.ts'
import type { Making, Transform } from './transform.ts'

/** The key of the row whose id the remote field holds (an owner's e-mail address), and the id again on the way back. */
export const lookup = ({ options }: Making): Transform => {
  const table = options.lookup ?? ''
  return {
    pull: (value, scope) => {
      const id = idOf(value)
      const row = id === undefined ? undefined : scope.resolve.lookup(table, { id })
      if (row === undefined) scope.warn(`names a row that the table "${table}" does not have`)
      return row === undefined || row.key === '' ? null : row.key
    },
    push: (value, scope) => {
      const row = typeof value === 'string' ? scope.resolve.lookup(table, { key: value }) : undefined
      if (row !== undefined) return row.id
      if (options.optional === true) scope.warn(`has no row in the table "${table}" and was left out`)
      else {
        const remedy = `Add it in the CRM, or set "optional": true in the rule to leave such a value out.`
        scope.refuse(`${JSON.stringify(value)} has no row in the CRM's table "${table}"`, remedy)
      }
      return undefined
    },
  }
}
