/** One remote field that a rule may take, in the order of the author's preference. */
export interface Alternate {
  /** Field name, or a dotted path into its value. */
  readonly name: string
  /** Which part of a full name the rule takes from it. */
  readonly part?: 'first' | 'last'
}

export interface Shorthand {
  readonly alternates: readonly Alternate[]
  readonly scale?: number
}

export type Parsed =
  | { readonly ok: true; readonly shorthand: Shorthand }
  | { readonly ok: false; readonly message: string; readonly remedy: string; readonly position: number }

const PARTS: Readonly<Record<string, 'first' | 'last'>> = { 'first part': 'first', 'last part': 'last' }
const SCALE = /^(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)$/

const refuse = (position: number, message: string, remedy: string): Parsed => ({
  ok: false,
  message: `${message} (at character ${position + 1})`,
  remedy,
  position,
})

/**
 * Reads `A|B (first part)|C *100`: alternates, each with the part of a name that it gives, and one scale at the end
 * that holds for all of them.
 */
export const parseShorthand = (text: string): Parsed => {
  const star = text.indexOf('*')
  const scaleText = star < 0 ? undefined : text.slice(star + 1).trim()
  if (scaleText !== undefined && text.indexOf('|', star) >= 0) {
    return refuse(star, 'A scale stands behind the last alternate and holds for all of them', 'Write "A|B *100".')
  }
  const scale = scaleText === undefined ? undefined : Number(scaleText)
  if (scaleText !== undefined && (!SCALE.test(scaleText) || scale === 0)) {
    return refuse(star, `"*${scaleText}" is no scale`, 'Write a number above zero, such as *100.')
  }
  const alternates: Alternate[] = []
  let position = 0
  for (const piece of (star < 0 ? text : text.slice(0, star)).split('|')) {
    const alternate = parseAlternate(piece, position)
    if ('message' in alternate) return alternate
    alternates.push(alternate)
    position += piece.length + 1
  }
  return { ok: true, shorthand: { alternates, ...(scale === undefined || scale === 1 ? {} : { scale }) } }
}

const parseAlternate = (piece: string, start: number): Alternate | (Parsed & { ok: false }) => {
  const open = piece.indexOf('(')
  const name = (open < 0 ? piece : piece.slice(0, open)).trim()
  const fault = (at: number, message: string, remedy: string) =>
    refuse(start + at, message, remedy) as Parsed & { ok: false }
  if (name === '') return fault(0, 'A field name is missing', 'Name a remote field on both sides of each "|".')
  const stray = name.search(/[()"'\\]/)
  if (stray >= 0) {
    const at = piece.indexOf(name) + stray
    return fault(at, `"${name[stray]}" does not belong in a field name`, 'Use the API name of the field.')
  }
  if (open < 0) return { name }
  const close = piece.indexOf(')', open)
  if (close < 0) return fault(open, 'A bracket is not closed', 'Write "(first part)" or "(last part)".')
  const word = piece
    .slice(open + 1, close)
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ')
  const part = PARTS[word]
  if (part === undefined)
    return fault(open, `"(${word})" is no part of a name`, 'Write "(first part)" or "(last part)".')
  if (piece.slice(close + 1).trim() !== '') {
    return fault(close + 1, 'Nothing may follow a part', 'Put the next alternate behind "|".')
  }
  return { name, part }
}
