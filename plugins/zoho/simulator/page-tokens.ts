import { createHash } from 'node:crypto'
import { refuse } from './failures.ts'

const LIFE_MS = 24 * 3_600_000

/** Places in long lists. A token remembers a number of records, not a record: what moves in the list moves it too. */
export interface PageTokens {
  issue(start: number, signature: string, userId: string): { readonly token: string; readonly expiresMs: number }
  /** Where the token leads, or a refusal: it is a day old, another user's, or asked with other parameters. */
  startOf(token: string, signature: string, userId: string): number
}

export const makePageTokens = (now: () => Date): PageTokens => {
  const tokens = new Map<string, { start: number; signature: string; userId: string; expiresMs: number }>()
  return {
    issue: (start, signature, userId) => {
      const expiresMs = now().getTime() + LIFE_MS
      const token = createHash('sha256').update(`${tokens.size}${signature}`).digest('hex')
      tokens.set(token, { start, signature, userId, expiresMs })
      return { token, expiresMs }
    },
    startOf: (token, signature, userId) => {
      const known = tokens.get(token)
      if (known === undefined || known.userId !== userId)
        throw refuse(400, 'INVALID_DATA', 'the page_token given is invalid', { param_name: 'page_token' })
      if (known.expiresMs <= now().getTime())
        throw refuse(400, 'EXPIRED_VALUE', 'the page_token has expired', { param_name: 'page_token' })
      if (known.signature !== signature)
        throw refuse(400, 'TOKEN_BOUND_DATA_MISMATCH', 'the parameters differ from those of the page_token', {
          param_name: 'page_token',
        })
      return known.start
    },
  }
}
