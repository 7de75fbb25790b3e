import { defineProvider, type Row } from '@raccordo/core/plugin'
import { describeProvider } from '@raccordo/testkit/conformance'
import { describe } from 'vitest'
import { simulator } from '../simulator/index.ts'
import { provider, type Settings } from '../src/index.ts'
import { leadsSimulator } from './leads-simulator.ts'

const source = new URL('../src/', import.meta.url)
const SIGNS_NOTHING = 'Zoho signs nothing: it repeats the token in the body'

const exceptions = {
  'zoho: verify is false for a flipped byte, and for JSON that was written anew': SIGNS_NOTHING,
  'zoho: verify is false under another secret, an empty one, and without the headers': SIGNS_NOTHING,
}

const withField =
  (name: string, value: string) =>
  (row: Row): Row => ({ ...row, fields: { ...row.fields, [name]: value } })

/** Zoho passes over fields that it does not know: a bad row needs a bad value. */
const badRows = {
  Contacts: withField('Email', 'no address'),
  Leads: withField('Email', 'no address'),
  Accounts: withField('Phone', '5'.repeat(200)),
  Deals: withField('Stage', 'No such stage'),
  Calls: withField('Call_Type', 'Sideways'),
  Tasks: withField('Status', 'No such status'),
  Events: withField('End_DateTime', '1999-01-01T00:00:00.000Z'),
  Notes: ({ links: _, ...row }: Row): Row => row,
}

const withObjects = (isWanted: (name: string) => boolean) =>
  defineProvider<Settings>({ ...provider, objects: provider.objects.filter(({ name }) => isWanted(name)) })

// Two objects of one type that nothing tells apart by value are tried one after the other.
describe('all but leads', () => {
  describeProvider(
    withObjects((name) => name !== 'Leads'),
    { simulator, source, badRows, exceptions },
  )
})

describe('an organisation whose users are spread over the world', () => {
  const simulatorOptions = { mixedOffsets: true, multiCurrency: true, sandbox: true }
  describeProvider(
    withObjects((name) => ['Contacts', 'Deals', 'Calls'].includes(name)),
    { simulator, source, badRows, exceptions, simulatorOptions },
  )
})

describe('leads', () => {
  describeProvider(
    withObjects((name) => name === 'Leads'),
    {
      simulator: leadsSimulator,
      source,
      badRows,
      exceptions: { ...exceptions, 'Leads: update brings links': 'a lead belongs to no account' },
    },
  )
})
