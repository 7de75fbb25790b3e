/** A small seeded generator of numbers in [0, 1): the same seed gives the same numbers on every machine. Not for secrets. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

/** One of the list, by the generator. The list must not be empty. */
export const pick = <const List extends readonly [unknown, ...unknown[]]>(
  list: List,
  random: () => number,
): List[number] => list[Math.floor(random() * list.length)]
