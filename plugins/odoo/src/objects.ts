import type { RemoteObject } from '@raccordo/core/plugin'
import { calls } from './calls.ts'
import { ORGANISATION, PERSON } from './partner-kinds.ts'
import { partners } from './partners.ts'
import type { OdooSettings } from './settings.ts'

/** Companies first: a contact names its company. */
export const objects: readonly RemoteObject<OdooSettings>[] = [partners(ORGANISATION), partners(PERSON), calls]
