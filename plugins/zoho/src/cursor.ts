import { fail } from '@raccordo/core/plugin'
import type { Place } from './list.ts'

/** Where a scan is, and by which way it reads. */
export type Cursor =
  | {
      readonly way: 'query' | 'ids'
      readonly after?: string | undefined
      /** Most rows that this server gives to a query, where that is less than it should be. */
      readonly rows?: number | undefined
    }
  | { readonly way: 'list'; readonly place?: Place | undefined }

export const cursorText = (cursor: Cursor): string => {
  if (cursor.way === 'list') return ['list', cursor.place?.stamp ?? '', cursor.place?.id ?? ''].join('|')
  return [cursor.way, cursor.after ?? '', cursor.rows ?? ''].join('|')
}

/** Throws `cursor_gone` for a text that is no cursor of this version: the scan begins anew. */
export const parseCursor = (text: string): Cursor => {
  const [way, first = '', second = ''] = text.split('|')
  if (way === 'list') return { way, place: first === '' ? undefined : { stamp: first, id: second } }
  if (way === 'query' || way === 'ids')
    return { way, after: first === '' ? undefined : first, rows: second === '' ? undefined : Number(second) }
  throw fail('cursor_gone', 'This place in a scan was written by another version of the plugin')
}
