/** Edits between two words: letters added, dropped, replaced, or two neighbours swapped. */
const distance = (left: string, right: string): number => {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, index) => index)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= left.length; i += 1) {
    rows.push([i])
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = at(i - 1, j - 1) + (left[i - 1] === right[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
      const swapped = isSwap ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      rows[i]?.push(Math.min(at(i, j - 1) + 1, at(i - 1, j) + 1, replaced, swapped))
    }
  }
  return at(left.length, right.length)
}

const MOST_LISTED = 20
/** A word of so many letters that begins a name is taken for it: `bool` for `boolean`. */
const SHORTEST_START = 3

/** The candidate that a mistyped name most likely meant, or undefined where none is near. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined => {
  const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length * 0.4)) + 1
  for (const candidate of candidates) {
    const isStart = word.length >= SHORTEST_START && plain(candidate).startsWith(plain(word))
    const steps = isStart ? 1 : distance(plain(word), plain(candidate))
    if (steps < least) {
      best = candidate
      least = steps
    }
  }
  return best
}

/** What a fault's remedy says of a name that is not known: the nearest one, and the known ones. */
export const suggestion = (word: string, candidates: readonly string[]): string => {
  const near = nearest(word, candidates)
  const more = candidates.length > MOST_LISTED ? ', …' : ''
  const list =
    candidates.length === 0 ? 'There is none.' : `Known: ${candidates.slice(0, MOST_LISTED).join(', ')}${more}.`
  return near === undefined ? list : `Did you mean "${near}"? ${list}`
}
