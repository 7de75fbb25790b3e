/**
 * JSON text that is the same for equal values: members sorted by name, those that are undefined left out. What jsonb
 * makes of a value and gives back has the same text.
 */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value)) ?? 'null'

const sorted = (value: unknown): unknown => {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  // A null prototype, so that a member named __proto__ stays a member.
  const result: Record<string, unknown> = Object.create(null)
  for (const [name, member] of entries) result[name] = sorted(member)
  return result
}
