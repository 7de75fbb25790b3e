import { defineProvider, type Provider } from '@raccordo/core/plugin'
import { classify } from './errors.ts'
import { budget, limits } from './limits.ts'
import { dealPipelines, dealStages, owners, uniqueProperties } from './lookups.ts'
import mapping from './mapping.json' with { type: 'json' }
import { oauth2 } from './oauth.ts'
import { objects } from './objects.ts'
import { probe } from './probe.ts'
import settings from './settings.json' with { type: 'json' }
import type { Settings } from './settings.ts'
import { webhooks } from './webhooks.ts'

export type { Settings } from './settings.ts'

/** HubSpot: contacts, companies, deals, and calls, tasks, notes, meetings and e-mails. */
export const provider: Provider<Settings> = defineProvider<Settings>({
  contract: 1,
  id: 'hubspot',
  title: 'HubSpot',
  settings,
  auth: { oauth2, apiKey: {} },
  api: {
    baseUrl: 'https://api.hubapi.com',
    limits,
    // HubSpot publishes no figure. A batch of 100 takes seconds, and its edge answers 502 to 524 while the work behind
    // it goes on: 20 s on top of the call's own timeout are for that.
    settleMs: 20_000,
    classify,
    budget,
  },
  probe,
  objects,
  lookups: {
    owners,
    deal_pipelines: dealPipelines,
    deal_stages: dealStages,
    ...uniqueProperties,
  },
  webhooks,
  mapping,
})
