import { defineProvider, type Provider } from '@raccordo/core/plugin'
import { apiOf } from './data-centres.ts'
import { classify } from './errors.ts'
import { fieldTables } from './fields.ts'
import { budget, limits } from './limits.ts'
import { owners } from './lookups.ts'
import mapping from './mapping.json' with { type: 'json' }
import { oauth2 } from './oauth.ts'
import { accounts, calls, contacts, deals, events, leads, notes, tasks } from './objects.ts'
import { probe } from './probe.ts'
import settings from './settings.json' with { type: 'json' }
import { DEFAULT_DC, type Settings } from './settings.ts'
import { openingStages } from './stages.ts'
import { webhooks } from './webhooks.ts'

export type { Settings } from './settings.ts'

/** Zoho CRM: contacts, leads, accounts, deals, calls, tasks, meetings and notes. */
export const provider: Provider<Settings> = defineProvider<Settings>({
  contract: 1,
  id: 'zoho',
  title: 'Zoho CRM',
  settings,
  auth: { oauth2 },
  api: {
    baseUrl: ({ apiDomain, dc }) => apiDomain ?? apiOf(dc ?? DEFAULT_DC),
    limits,
    // Zoho publishes no figure. A write of 100 records with automations takes seconds, and its edge gives up before the
    // work behind it does.
    settleMs: 20_000,
    classify,
    budget,
  },
  probe,
  objects: [contacts, leads, accounts, deals, calls, tasks, events, notes],
  lookups: { owners, opening_stages: openingStages, ...fieldTables },
  webhooks,
  mapping,
})
