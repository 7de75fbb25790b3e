import type { Row } from '@raccordo/core/plugin'
import { describeProvider } from '@raccordo/testkit/conformance'
import { describe } from 'vitest'
import { type OdooSimulatorOptions, simulator } from '../simulator/index.ts'
import { provider } from '../src/index.ts'

const source = new URL('../src/', import.meta.url)

/** An activity that names nobody: it needs a record to stand with. */
const withoutLinks = ({ links: _, ...row }: Row): Row => row

/** Amounts are in the company's currency, and every deal stands in a stage of a team. */
const samples = { 'crm.lead': { currency: 'USD', stage: 'Qualified', pipeline: 'Sales' } }

const exceptions = {
  'odoo: verify is false for a flipped byte, and for JSON that was written anew':
    'Odoo signs nothing: its hints are told by the secret in their address',
  'odoo: verify is false under another secret, an empty one, and without the headers':
    'Odoo sends no header of one’s own: the secret stands in the address',
  'odoo: parse gives an event for each change, with a key of its own, a zoned time and a known object':
    'Odoo tells of one record a request',
}

const servers: Readonly<Record<string, OdooSimulatorOptions>> = {
  'Odoo 19 over JSON-RPC': { version: 19, signIn: 'password' },
  'Odoo 19 over JSON-2': { version: 19, signIn: 'key' },
  'Odoo 16': { version: 16 },
  'Odoo 14 with a user in another time zone': { version: 14, userTimeZone: 'Asia/Tokyo' },
}

for (const [name, simulatorOptions] of Object.entries(servers))
  describe(name, () => {
    const badRows = { 'mail.message': withoutLinks, 'mail.message.note': withoutLinks, 'mail.activity': withoutLinks }
    describeProvider(provider, { simulator, source, simulatorOptions, badRows, samples, exceptions })
  })
