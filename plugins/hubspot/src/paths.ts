import type { Settings } from './settings.ts'

/** The version that is called where a connection names none. HubSpot supports a dated version for 18 months. */
export const DEFAULT_VERSION = '2026-03'

/** Where HubSpot keeps things. Every version has the same routes, under one of two layouts. */
export interface Paths {
  /** `rest` starts with a slash: '/search', '/batch/read', '/123'. */
  objects(object: string, rest?: string): string
  /** Links one record with another without a label. */
  associate(from: string, id: string, to: string, toId: string): string
  /** Links one record with another by the types in the body. */
  label(from: string, id: string, to: string, toId: string): string
  associationBatch(from: string, to: string, operation: 'read' | 'create'): string
  properties(object: string, name?: string): string
  pipelines(object: string): string
  readonly owners: string
  readonly account: string
  readonly token: string
}

/** The paths of the connection's version: dated ones, or those of v3 with v4's associations. */
export const pathsOf = (settings: Settings): Paths => {
  const version = settings.apiVersion ?? DEFAULT_VERSION
  const dated = version !== 'v3'
  const objects = dated ? `/crm/objects/${version}` : '/crm/v3/objects'
  const linkedObjects = dated ? objects : '/crm/v4/objects'
  const associations = dated ? `/crm/associations/${version}` : '/crm/v4/associations'
  const properties = dated ? `/crm/properties/${version}` : '/crm/v3/properties'
  const between = (from: string, id: string, to: string, toId: string, kind: '' | 'default/'): string =>
    `${linkedObjects}/${from}/${encodeURIComponent(id)}/associations/${kind}${to}/${encodeURIComponent(toId)}`
  return {
    objects: (object, rest = '') => `${objects}/${object}${rest}`,
    associate: (from, id, to, toId) => between(from, id, to, toId, 'default/'),
    label: (from, id, to, toId) => between(from, id, to, toId, ''),
    associationBatch: (from, to, operation) => `${associations}/${from}/${to}/batch/${operation}`,
    properties: (object, name) => `${properties}/${object}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`,
    pipelines: (object) => (dated ? `/crm/pipelines/${version}/${object}` : `/crm/v3/pipelines/${object}`),
    owners: dated ? `/crm/owners/${version}` : '/crm/v3/owners',
    account: `/account-info/${version}/details`,
    token: `/oauth/${version}/token`,
  }
}
