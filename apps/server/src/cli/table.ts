import Table from 'cli-table3'
import colors from 'picocolors'

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

export type Cell = string | number | null | undefined

/** Columns without a frame, so that a line can be cut and copied. Says `none` where there is no row. */
export const table = (head: readonly string[], rows: readonly (readonly Cell[])[], none: string): string => {
  if (rows.length === 0) return none
  const grid = new Table({
    head: head.map((title) => colors.bold(title)),
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  for (const row of rows) grid.push(row.map((cell) => String(cell ?? '')))
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
