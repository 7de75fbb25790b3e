import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { DISPOSITIONS } from './activity-schema.ts'
import { notFound, refuse } from './failures.ts'
import type { Owner, Portal } from './portal.ts'
import type { PropertyDefinition } from './property.ts'
import { requireObject } from './write.ts'

/** What the portal says of itself: account, owners, properties, pipelines. */
export const accountHandlers = (portal: Portal) => ({
  details: (): SimulatorReply => ({
    body: {
      portalId: portal.id,
      accountType: 'DEVELOPER_TEST',
      timeZone: portal.timeZone,
      companyCurrency: portal.currencies[0],
      additionalCurrencies: portal.currencies.slice(1),
      utcOffset: '+01:00',
      utcOffsetMilliseconds: 3_600_000,
      uiDomain: 'app.hubspot.com',
      dataHostingLocation: 'na1',
    },
  }),
  owners: (request: SimulatorRequest): SimulatorReply => {
    const limit = Math.min(Number(request.query.get('limit') ?? 100), 500)
    const start = Number(request.query.get('after') ?? 0)
    const email = request.query.get('email')
    const archived = request.query.get('archived') === 'true'
    const owners = portal.owners.filter(
      (owner) => owner.archived === archived && (email === null || owner.email === email),
    )
    const results = owners.slice(start, start + limit).map(ownerBody)
    const next = start + results.length
    return { body: { results, ...(next < owners.length ? { paging: { next: { after: String(next) } } } : {}) } }
  },
  owner: (request: SimulatorRequest): SimulatorReply => {
    const member = request.query.get('idProperty') === 'userId' ? 'userId' : 'id'
    const owner = portal.owners.find((candidate) => String(candidate[member]) === request.params['id'])
    const isWanted = owner?.archived === (request.query.get('archived') === 'true')
    if (owner === undefined || !isWanted) throw notFound()
    return { body: ownerBody(owner) }
  },
  properties: (request: SimulatorRequest): SimulatorReply => {
    const object = requireObject(request.params['type'] ?? '')
    return { body: { results: [...portal.properties[object].values()].map(definitionBody) } }
  },
  property: (request: SimulatorRequest): SimulatorReply => {
    const object = requireObject(request.params['type'] ?? '')
    const property = portal.properties[object].get(request.params['name'] ?? '')
    if (property === undefined) throw notFound()
    return { body: definitionBody(property) }
  },
  createProperty: (request: SimulatorRequest): SimulatorReply => {
    const object = requireObject(request.params['type'] ?? '')
    const { name, label, hasUniqueValue } = request.json() ?? {}
    if (portal.properties[object].has(String(name)))
      throw refuse(409, 'OBJECT_ALREADY_EXISTS', `A property named '${name}' already exists.`, {
        subCategory: 'Properties.PROPERTY_WITH_NAME_EXISTS',
      })
    const property: PropertyDefinition = {
      name: String(name),
      label: String(label ?? name),
      type: 'string',
      fieldType: 'text',
      ...(hasUniqueValue === true ? { unique: true } : {}),
    }
    defineProperty(portal, object, property)
    return { status: 201, body: definitionBody(property) }
  },
})

const ownerBody = ({ id, ...owner }: Owner): object => ({
  id: String(id),
  ...owner,
  type: 'PERSON',
  userIdIncludingInactive: owner.userId,
  createdAt: '2019-03-04T10:00:00.000Z',
  updatedAt: '2024-06-05T11:30:00.250Z',
  teams: [],
})

/** Adds a property to the portal; a unique one keeps records apart from then on. */
export const defineProperty = (
  portal: Portal,
  object: ReturnType<typeof requireObject>,
  property: PropertyDefinition,
): void => {
  portal.properties[object].set(property.name, property)
  if (property.unique === true) portal.tables[object].keepUnique(property.name)
}

const definitionBody = (property: PropertyDefinition): object => ({
  name: property.name,
  label: property.label,
  type: property.type,
  fieldType: property.fieldType,
  description: '',
  groupName: 'information',
  options: (property.options ?? []).map((value, displayOrder) => ({
    value,
    label: DISPOSITIONS[value] ?? value,
    displayOrder,
    hidden: false,
  })),
  externalOptions: property.external === true,
  ...(property.isMoney === true ? { showCurrencySymbol: true, numberDisplayHint: 'currency' } : {}),
  hasUniqueValue: property.unique === true && property.name !== 'email',
  calculated: property.name.startsWith('hs_is_closed'),
  hidden: false,
  modificationMetadata: { archivable: false, readOnlyDefinition: true, readOnlyValue: property.readOnly === true },
})
