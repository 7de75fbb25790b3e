import type { Fields, Json, Link, ObjectType } from '@raccordo/core/plugin'
import type { TruthRecord } from '@raccordo/testkit/simulator'
import { ACTIVITY_FORMS } from './activity-columns.ts'
import { type Columns, countryOnce, plain } from './columns.ts'
import { DEAL_COLUMNS, dealProperties, dealValues } from './deal-columns.ts'
import { firstStage } from './pipelines.ts'
import type { Portal } from './portal.ts'
import { liveLinks } from './records.ts'
import { ACTIVITIES, type ActivityName, type ObjectName } from './schema.ts'
import type { StoredRecord } from './table.ts'

type Properties = Readonly<Record<string, string>>

/** The objects of a canonical type, and the type of an object. */
const OBJECTS_OF: Readonly<Record<ObjectType, readonly ObjectName[]>> = {
  contact: ['contacts'],
  company: ['companies'],
  deal: ['deals'],
  activity: ACTIVITIES,
}
const LINKED: Readonly<Record<ObjectType, readonly ObjectType[]>> = {
  contact: ['company'],
  company: [],
  deal: ['contact', 'company'],
  activity: ['contact', 'company', 'deal'],
}

export const objectsOf = (type: ObjectType): readonly ObjectName[] => OBJECTS_OF[type]

/** The object of a canonical type that has a record of this id; the first one, where none has. */
export const objectOfId = (portal: Portal, type: ObjectType, id: number): ObjectName => {
  const [first = 'contacts', ...others] = OBJECTS_OF[type]
  return [first, ...others].find((object) => portal.tables[object].get(id) !== undefined) ?? first
}

/** The object that a new record with these values belongs to. */
export const objectOfData = (type: ObjectType, data: Fields): ObjectName => {
  const [first = 'contacts'] = OBJECTS_OF[type]
  if (type !== 'activity') return first
  return ACTIVITIES.find((name) => ACTIVITY_FORMS[name].kind === (data['kind'] ?? 'call')) ?? first
}

/** How canonical values stand in the portal's properties. `makeForms` keeps the names of countries that it has seen. */
export interface Forms {
  /** Canonical values as properties; members that HubSpot has no property for are passed over. */
  write(object: ObjectName, data: Fields, current?: Properties): Properties
  /** What a user's new record has besides. */
  initial(object: ObjectName, data: Fields): Properties
  /** A record as the truth about it. */
  truth(object: ObjectName, record: StoredRecord): TruthRecord
}

export const makeForms = (portal: Portal): Forms => {
  const columns: Readonly<Record<Exclude<ObjectName, ActivityName>, Columns>> = {
    contacts: {
      email: plain('email'),
      phone_e164: plain('phone'),
      first_name: plain('firstname'),
      last_name: plain('lastname'),
      title: plain('jobtitle'),
      country_iso: countryOnce(),
    },
    companies: {
      name: plain('name'),
      domain: plain('domain'),
      phone: plain('phone'),
      country_iso: countryOnce(),
      address: plain('address'),
    },
    deals: DEAL_COLUMNS,
  }
  const columnsOf = (object: ObjectName): Columns =>
    isActivity(object) ? ACTIVITY_FORMS[object].columns : columns[object]
  return {
    write: (object, data, current = {}) => {
      const properties: Record<string, string> = {}
      for (const [name, value] of Object.entries(data)) {
        const column = columnsOf(object)[name]
        if (column !== undefined && value !== undefined) properties[column.property] = column.write(value, portal)
      }
      if (object === 'deals') return { ...properties, ...dealProperties(portal, data, current) }
      return isActivity(object) ? { ...properties, ...ACTIVITY_FORMS[object].write?.(data, current) } : properties
    },
    initial: (object, data) => {
      if (object === 'deals' && !data['stage']) return { dealstage: firstStage(textOrNone(data['pipeline'])) }
      return isActivity(object) && !data['started_at'] ? { hs_timestamp: portal.now().toISOString() } : {}
    },
    truth: (object, record) => {
      const data: Record<string, Json> = isActivity(object) ? { kind: ACTIVITY_FORMS[object].kind } : {}
      for (const [name, column] of Object.entries(columnsOf(object))) {
        const value = record.properties[column.property] ?? ''
        data[name] = value === '' ? null : column.read(value, portal)
      }
      if (object === 'deals') Object.assign(data, dealValues(portal, record.properties))
      if (isActivity(object)) Object.assign(data, ACTIVITY_FORMS[object].read?.(record.properties))
      const updatedAt = new Date(record.updatedMs).toISOString()
      return { id: String(record.id), data, links: truthLinks(portal, object, record.id), updatedAt }
    },
  }
}

const isActivity = (object: ObjectName): object is ActivityName => ACTIVITIES.some((name) => name === object)

const textOrNone = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

/** Links to live records, the primary company first. */
const truthLinks = (portal: Portal, object: ObjectName, id: number): readonly Link[] =>
  LINKED[typeOf(object)].flatMap((to) =>
    objectsOf(to).flatMap((target) =>
      [...liveLinks(portal, object, id, target)]
        .sort((left, right) => right.typeIds.length - left.typeIds.length)
        .map((link) => ({ type: to, remoteId: String(link.id) })),
    ),
  )

const typeOf = (object: ObjectName): ObjectType => {
  if (object === 'contacts') return 'contact'
  if (object === 'companies') return 'company'
  return object === 'deals' ? 'deal' : 'activity'
}
