/**
 * Splits a full name at its first blank: the first part is the first word, the last part all the rest, so that
 * joining the two gives the name again. A name of one word is a first part alone.
 */
export const splitName = (name: string): { readonly first: string | null; readonly last: string | null } => {
  const [first = '', ...rest] = name.trim().split(/\s+/)
  return { first: first === '' ? null : first, last: rest.length === 0 ? null : rest.join(' ') }
}

/** The full name of two parts; empty where both are. */
export const joinName = (first: string | null, last: string | null): string =>
  [first, last]
    .flatMap((part) => (part === null || part.trim() === '' ? [] : [part.trim().replace(/\s+/g, ' ')]))
    .join(' ')
