import type { Lookup, LookupRow } from '@raccordo/core/plugin'
import { ask, ifAllowed } from './ask.ts'
import { LIST_ROWS } from './limits.ts'
import { SCOPES } from './oauth.ts'
import { paths } from './paths.ts'
import type { Settings } from './settings.ts'

interface VendorUser {
  readonly id?: string | number
  readonly email?: string | null
  readonly full_name?: string | null
  readonly status?: string
}

/**
 * Users by e-mail, former ones too, because old records still name them. Without the scope for users the table is empty:
 * a name that cannot be shown must not stop records from being moved.
 */
export const owners: Lookup<Settings> = {
  list: async (ctx, cursor = '1') => {
    const query = { type: 'AllUsers', per_page: LIST_ROWS, page: Number(cursor) }
    const reply = await ifAllowed(ask(ctx, { path: paths.users, query }, [SCOPES.users]))
    const users: readonly VendorUser[] = reply?.body?.users ?? []
    const rows = users.flatMap(userRow)
    return reply?.body?.info?.more_records === true ? { rows, next: String(Number(cursor) + 1) } : { rows }
  },
}

const userRow = ({ id, email, full_name: name, status }: VendorUser): readonly LookupRow[] =>
  id === undefined || !email
    ? []
    : [
        {
          id: String(id),
          key: email,
          ...(name ? { label: name } : {}),
          ...(status === undefined || status.toLowerCase() === 'active' ? {} : { archived: true }),
        },
      ]
