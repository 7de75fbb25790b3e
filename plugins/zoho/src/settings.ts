import type { BaseSettings } from '@raccordo/core/plugin'
import type { DataCentre } from './data-centres.ts'
import type { Edition } from './limits.ts'

/** Automations of Zoho's that a write may set off. */
export type Automation = 'workflow' | 'approval' | 'blueprint' | 'pathfinder' | 'orchestration'

/** What a connection to Zoho CRM may set; settings.json is its schema. */
export interface Settings extends BaseSettings {
  /** Where the account lives. Learned anew from the redirect of a sign-in. */
  readonly dc?: DataCentre
  /** Address of the account's API, learned from a token answer: a sandbox has its own. */
  readonly apiDomain?: string
  /** Which automations the plugin's writes set off: none if absent. */
  readonly trigger?: readonly Automation[] | 'all'
  /** The plan, for its limits. */
  readonly edition?: Edition
  /** User licences of the plan: each adds credits. */
  readonly users?: number
  /** API name of a text field with unique values that bears the plugin's reference, in the modules that have it. */
  readonly markerField?: string
}

export const DEFAULT_DC: DataCentre = 'US'
export const DEFAULT_MARKER_FIELD = 'Raccordo_Ref'
