import type { Fields, Json } from '@raccordo/core/plugin'

/** Both street lines of a partner as one text, a line each; null where there is none. */
export const streetLines = (street: unknown, street2: unknown): string | null => {
  const lines = [street, street2].filter((line) => typeof line === 'string' && line !== '')
  return lines.length === 0 ? null : lines.join('\n')
}

/** A text as street lines: what stands behind the first line goes into the second field. Town and postcode are untouched. */
export const streetValues = (address: Json): Fields => {
  if (typeof address !== 'string' || address.trim() === '') return { street: null, street2: null }
  const [street = '', ...rest] = address.split(/\r\n?|\n/)
  const street2 = rest.join('\n').trim()
  return { street, street2: street2 === '' ? null : street2 }
}
