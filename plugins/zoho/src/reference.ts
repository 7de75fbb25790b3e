/** What a text bears besides its own words: the marker of the row that made it, and values that Zoho has no field for. */
export interface Reference {
  readonly marker?: string | undefined
  /** What came of a call, in words. */
  readonly outcome?: string | undefined
  /** A point in time, ISO. */
  readonly time?: string | undefined
}

export interface Text {
  /** Null where nothing but the reference is there. */
  readonly body: string | null
  readonly reference: Reference
}

/** Room that describe keeps free for the reference. */
export const REFERENCE_ROOM = 400

const LABELS = { outcome: 'Outcome', time: 'Time' } as const
const BLOCK = /(?:\r?\n)?((?:(?:Outcome|Time): [^\r\n]*\r?\n)*)Ref: raccordo\/([^\s<&]*)[ \t]*/
const LINE = /^(Outcome|Time): (.*)$/

/**
 * Zoho has no idempotency key and no unique field of its own in any of these modules, so a record bears its row's
 * marker in the last line of a text, with the values that have no field right above it. Readers of the plugin see neither.
 */
export const withReference = (body: string | null, { marker = '', outcome, time }: Reference): string => {
  const lines = [
    ...(outcome === undefined ? [] : [`${LABELS.outcome}: ${oneLine(outcome)}`]),
    ...(time === undefined ? [] : [`${LABELS.time}: ${oneLine(time)}`]),
    `Ref: raccordo/${encodeURIComponent(marker)}`,
  ]
  return body === null || body === '' ? lines.join('\n') : `${body}\n${lines.join('\n')}`
}

/** A text taken apart, wherever a user's editing has moved the reference. */
export const textOf = (value: unknown): Text => {
  if (typeof value !== 'string' || value === '') return { body: null, reference: {} }
  const found = BLOCK.exec(value)
  if (found === null) return { body: value, reference: {} }
  const body = value.slice(0, found.index) + value.slice(found.index + found[0].length)
  const details = (found[1] ?? '').split(/\r?\n/).flatMap((line) => {
    const [, label, words] = LINE.exec(line) ?? []
    return label === undefined || words === undefined ? [] : [[label.toLowerCase(), words] as const]
  })
  const marker = decoded(found[2] ?? '')
  return {
    body: body.trim() === '' ? null : body,
    reference: { ...Object.fromEntries(details), ...(marker === '' ? {} : { marker }) },
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
