const ROOT = '/crm/v8'

/** Where Zoho keeps things. */
export const paths = {
  records: (module: string): string => `${ROOT}/${module}`,
  record: (module: string, id: string): string => `${ROOT}/${module}/${encodeURIComponent(id)}`,
  upsert: (module: string): string => `${ROOT}/${module}/upsert`,
  deleted: (module: string): string => `${ROOT}/${module}/deleted`,
  query: `${ROOT}/coql`,
  fields: `${ROOT}/settings/fields`,
  layouts: `${ROOT}/settings/layouts`,
  pipelines: `${ROOT}/settings/pipeline`,
  users: `${ROOT}/users`,
  organisation: `${ROOT}/org`,
  watch: `${ROOT}/actions/watch`,
} as const
