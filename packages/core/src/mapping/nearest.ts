const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= right.length; j += 1) {
      const cost = left[i - 1] === right[j - 1] ? 0 : 1
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + cost))
    }
    row = next
  }
  return row[right.length] ?? 0
}

/** The candidate that a mistyped name most likely meant, or undefined where none is near. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined => {
  const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  let best: string | undefined
  let least = Math.max(2, Math.floor(word.length / 2))
  for (const candidate of candidates) {
    const steps = distance(plain(word), plain(candidate))
    if (steps < least) {
      best = candidate
      least = steps
    }
  }
  return best
}

/** `did you mean "x"?` in front of the whole list, for the remedy of a fault. */
export const suggestion = (word: string, candidates: readonly string[]): string => {
  const near = nearest(word, candidates)
  const list = candidates.length === 0 ? 'There is none.' : `Known: ${candidates.join(', ')}.`
  return near === undefined ? list : `Did you mean "${near}"? ${list}`
}
