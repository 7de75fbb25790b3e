/** Splits a list into pieces of at most `size`. */
export const batches = <T>(list: readonly T[], size: number): readonly (readonly T[])[] => {
  const pieces: (readonly T[])[] = []
  for (let start = 0; start < list.length; start += size) pieces.push(list.slice(start, start + size))
  return pieces
}
