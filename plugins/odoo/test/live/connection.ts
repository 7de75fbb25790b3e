import type { OdooSettings } from '../../src/settings.ts'

const variable = (name: string): string => {
  const value = process.env[name]
  if (value === undefined || value === '')
    throw new Error(
      `These tests run against a real Odoo: set ODOO_URL, ODOO_DATABASE, ODOO_USERNAME, ODOO_PASSWORD and ODOO_API_KEY. ${name} is missing.`,
    )
  return value
}

/** The real server that the environment names. Throws where it names none: such a test has not run, and must not pass. */
export const liveConnection = () => {
  const settings: OdooSettings = { url: variable('ODOO_URL'), database: variable('ODOO_DATABASE') }
  const username = variable('ODOO_USERNAME')
  return {
    settings,
    password: { username, password: variable('ODOO_PASSWORD') },
    key: { apiKey: variable('ODOO_API_KEY') },
    namedKey: { username, apiKey: variable('ODOO_API_KEY') },
  }
}
