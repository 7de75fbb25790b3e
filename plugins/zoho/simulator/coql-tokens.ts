import { refuse } from './failures.ts'

export interface Token {
  readonly kind: 'word' | 'text' | 'number' | 'sign'
  readonly value: string
  readonly column: number
}

const PATTERN =
  /\s+|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)(?![\w.])|(!?[A-Za-z_$][\w$.]*(?:->[\w.]+)?)|(<=|>=|!=|<>|[=<>(),])/y

/** Words, quoted texts, numbers and signs of a query. */
export const tokensOf = (query: string): readonly Token[] => {
  const tokens: Token[] = []
  const pattern = new RegExp(PATTERN)
  while (pattern.lastIndex < query.length) {
    const column = pattern.lastIndex
    const match = pattern.exec(query)
    if (match === null) throw syntaxError(query.slice(column, column + 10), column)
    const [, single, double, number, word, sign] = match
    const text = single ?? double
    if (text !== undefined) tokens.push({ kind: 'text', value: text.replace(/\\(.)/g, '$1'), column })
    else if (number !== undefined) tokens.push({ kind: 'number', value: number, column })
    else if (word !== undefined) tokens.push({ kind: 'word', value: word, column })
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign, column })
  }
  return tokens
}

export const syntaxError = (near: string, column: number): Error =>
  refuse(400, 'SYNTAX_ERROR', 'error occurred while parsing the query', { near, line: 1, column: column + 1 })
