/** A text as it is compared: HubSpot cares for no letter case in most, and keeps the bare host of a domain. */
export const keptAs = (property: string, text: string): string => {
  const plain = text.trim().toLowerCase()
  if (property !== 'domain') return plain
  return plain
    .replace(/^https?:\/\//, '')
    .replace(/^www\./, '')
    .replace(/[/?#].*$/, '')
}

/** True where HubSpot may show a written value so: as text, as the same number or as the same instant. */
export const isSameValue = (property: string, written: string, shown: string | null | undefined): boolean => {
  if (shown === null || shown === undefined) return false
  if (keptAs(property, written) === keptAs(property, shown)) return true
  const [left, right] = [meaningOf(written), meaningOf(shown)]
  return left !== undefined && left === right
}

const meaningOf = (text: string): number | undefined => {
  const value = /^-?\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : /^\d{4}-\d{2}-\d{2}/.test(text)
      ? Date.parse(text)
      : Number.NaN
  return Number.isNaN(value) ? undefined : value
}
