export type RedactText = (text: string) => string

/** Every string of a JSON value, names of members included, through `redactText`. */
export const redactDeep = (value: unknown, redactText: RedactText): unknown => {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map((item) => redactDeep(item, redactText))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [redactText(name), redactDeep(member, redactText)]),
  )
}
