import type { ListPage } from '@raccordo/core'
import { Refusal } from './refusal.ts'

export const USUAL_LIMIT = 100

/** Which page of a list is asked for. */
export interface PageQuery {
  readonly after?: string
  readonly limit?: string
}

/** A page query as the host takes it. */
export const pageRequest = ({ after, limit }: PageQuery): { readonly after?: string; readonly limit: number } => ({
  ...(after === undefined ? {} : { after }),
  limit: limit === undefined ? USUAL_LIMIT : Number(limit),
})

const encode = (key: string): string => Buffer.from(key).toString('base64url')

const decode = (cursor: string): string => {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (key === '' || encode(key) !== cursor) {
    throw new Refusal(
      422,
      'invalid',
      'The cursor in "after" is none of this list. Take it from next of the page before.',
      {
        pointer: '/after',
      },
    )
  }
  return key
}

/**
 * A page of what the host answers as a whole, in the order of `keyOf`. The cursor is the last key, so what is added or
 * removed between two pages shifts none of the rest.
 */
export const pageOf = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  query: PageQuery,
): ListPage<Item> => {
  const { after, limit } = pageRequest(query)
  const from = after === undefined ? '' : decode(after)
  const rest = items.filter((item) => keyOf(item) > from).sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return { items: page, next: rest.length > limit && last !== undefined ? encode(keyOf(last)) : null }
}
