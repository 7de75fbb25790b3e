import type { FieldInfo, Fields } from '@raccordo/core/plugin'
import type { WriteAround, Written } from './kinds.ts'
import { instantMs } from './times.ts'
import type { VendorRecord } from './vendor.ts'

/** Zoho keeps when a meeting ends, and a host how long it takes. */
export const EVENT_FIELDS: Readonly<Record<string, Partial<FieldInfo>>> = {
  Duration_in_seconds: { label: 'Duration in seconds', type: 'number' },
}

/** What Zoho's own form proposes for a meeting of which nobody says how long it takes. */
const USUAL_SECONDS = 3_600

const secondsOf = (record: VendorRecord): number | undefined => {
  const [start, end] = [instantMs(record['Start_DateTime']), instantMs(record['End_DateTime'])]
  return start === undefined || end === undefined ? undefined : Math.round((end - start) / 1_000)
}

export const eventShown = (record: VendorRecord): Fields => ({ Duration_in_seconds: secondsOf(record) ?? null })

/** A meeting that is moved keeps its length; one without a known start is left to Zoho's own words. */
export const eventWritten = (fields: Fields, { current }: WriteAround): Written => {
  const { Duration_in_seconds: given, ...rest } = fields
  const isTouched = given !== undefined || rest['Start_DateTime'] !== undefined
  const start = instantMs(rest['Start_DateTime'] ?? current?.['Start_DateTime'])
  if (!isTouched || start === undefined || rest['End_DateTime'] !== undefined) return { fields: rest }
  const known = current === undefined ? undefined : secondsOf(current)
  const seconds = typeof given === 'number' || (typeof given === 'string' && given !== '') ? Number(given) : known
  return { fields: { ...rest, End_DateTime: new Date(start + (seconds ?? USUAL_SECONDS) * 1_000).toISOString() } }
}
