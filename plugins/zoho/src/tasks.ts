import type { Fields } from '@raccordo/core/plugin'
import type { WriteAround, Written } from './kinds.ts'
import { textOf } from './reference.ts'
import { dayIn, instantMs } from './times.ts'
import type { VendorRecord } from './vendor.ts'

/** A task is due on a day, not at a time: the time that a host gave stands in the text, and counts while the day is the same. */
export const taskShown = (record: VendorRecord, timeZone: string | undefined): Fields => {
  const day = record['Due_Date'] ?? null
  const { time } = textOf(record['Description']).reference
  const ms = instantMs(time)
  return { Due_Date: ms !== undefined && dayIn(ms, timeZone) === day ? new Date(ms).toISOString() : day }
}

export const taskWritten = (fields: Fields, { timeZone }: WriteAround): Written => {
  const due = fields['Due_Date']
  if (due === undefined) return { fields }
  const ms = instantMs(due)
  if (ms === undefined) return { fields, reference: { time: null } }
  const day = dayIn(ms, timeZone)
  const isWhole = ms === Date.parse(`${day}T00:00:00Z`)
  return { fields: { ...fields, Due_Date: day }, reference: { time: isWhole ? null : new Date(ms).toISOString() } }
}
