/** JSON with the members of every object in the order of their names, so that equal values give equal text. */
export const stableJson = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${stableJson(item)}`
    return `[${text}]`
  }
  const members = value as Record<string, unknown>
  for (const name of Object.keys(members).sort()) {
    const member = members[name]
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${stableJson(member)}`
  }
  return `{${text}}`
}

/** Whether two JSON values are equal, whatever the order of their members; an absent one is null. */
export const sameJson = (left: unknown, right: unknown): boolean => {
  const a = left ?? null
  const b = right ?? null
  if (a === b) return true
  return typeof a === 'object' && typeof b === 'object' && a !== null && b !== null && stableJson(a) === stableJson(b)
}
