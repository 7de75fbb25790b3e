import type { Fields } from '@raccordo/core'

const variable = (name: string): string => {
  const value = process.env[name]
  if (value !== undefined && value !== '') return value
  throw new Error(
    `These tests run against a real Odoo: set ODOO_URL, ODOO_DATABASE, ODOO_USERNAME and ODOO_PASSWORD. ${name} is missing.`,
  )
}

/** The real CRM that the environment names. Throws, so that its absence is loud. */
export const realConnection = (): { readonly settings: Fields; readonly credentials: Fields } => ({
  settings: { url: variable('ODOO_URL'), database: variable('ODOO_DATABASE') },
  credentials: { username: variable('ODOO_USERNAME'), password: variable('ODOO_PASSWORD') },
})

/** The one installed provider that the environment's variables are for. */
export const REAL_PROVIDER = 'odoo'
