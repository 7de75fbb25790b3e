import { defineProvider } from '@raccordo/core/plugin'
import { failureOfReply } from './errors.ts'
import { lookups } from './lookups.ts'
import mapping from './mapping.json' with { type: 'json' }
import { objects } from './objects.ts'
import { openSession, probe } from './session.ts'
import settings from './settings.json' with { type: 'json' }
import { baseUrl, limits, type OdooSettings } from './settings.ts'

import { webhooks } from './webhooks.ts'

export type { OdooSettings } from './settings.ts'

/** Odoo 14 and later, self-hosted, Odoo.sh or Odoo Online (Custom plan), by its own API. */
export const provider = defineProvider<OdooSettings>({
  contract: 1,
  id: 'odoo',
  title: 'Odoo',
  settings,
  auth: { apiKey: {}, password: {}, session: openSession },
  api: {
    baseUrl,
    limits,
    // A transaction goes on after the client has gone: seen to commit six seconds later.
    settleMs: 15_000,
    classify: failureOfReply,
  },
  probe,
  objects,
  lookups,
  webhooks,
  mapping,
})
