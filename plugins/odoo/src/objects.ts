import type { RemoteObject } from '@raccordo/core/plugin'
import { calls } from './calls.ts'
import { deals } from './deals.ts'
import { ORGANISATION, PERSON } from './partner-kinds.ts'
import { partners } from './partners.ts'
import type { OdooSettings } from './settings.ts'

/** In the order in which they name each other: a contact its company, a deal its contact. */
export const objects: readonly RemoteObject<OdooSettings>[] = [partners(ORGANISATION), partners(PERSON), deals, calls]
