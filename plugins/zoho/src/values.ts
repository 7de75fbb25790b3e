import type { Ctx, Fields, Json } from '@raccordo/core/plugin'
import { fieldFact } from './fields.ts'
import type { ModuleName } from './modules.ts'
import { idOf } from './relations.ts'
import type { Settings } from './settings.ts'
import { instantMs, zohoTime } from './times.ts'

/** Types of fields that are there in every organisation, for grants that may not read its own list of them. */
const USUAL_TYPES: Readonly<Record<string, string>> = {
  Account_Name: 'lookup',
  Contact_Name: 'lookup',
  Parent_Account: 'lookup',
  Reporting_To: 'lookup',
  Who_Id: 'lookup',
  What_Id: 'lookup',
  Owner: 'ownerlookup',
  Amount: 'currency',
  Annual_Revenue: 'currency',
  Call_Start_Time: 'datetime',
  Start_DateTime: 'datetime',
  End_DateTime: 'datetime',
}

const RELATIONS: ReadonlySet<string> = new Set(['lookup', 'ownerlookup', 'userlookup', 'multi_module_lookup'])
const NUMBERS: ReadonlySet<string> = new Set(['currency', 'double', 'decimal', 'integer', 'percent'])

/** The name of an account is a text; everywhere else `Account_Name` is a relation. */
const usualType = (module: ModuleName, name: string): string | undefined =>
  module === 'Accounts' && name === 'Account_Name' ? undefined : USUAL_TYPES[name]

/** Values as Zoho takes them: relations as `{ id }`, amounts as numbers, times to the second with an offset. */
export const valuesOf = async (ctx: Ctx<Settings>, module: ModuleName, fields: Fields): Promise<Fields> => {
  const entries: [string, Json][] = []
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const type = (await fieldFact(ctx, module, name))?.type ?? usualType(module, name)
    entries.push([name, name === 'Parent_Id' ? value : converted(value, type)])
  }
  return Object.fromEntries(entries)
}

const converted = (value: Json, type: string | undefined): Json => {
  if (value === null || type === undefined) return value
  if (value === '') return null
  if (RELATIONS.has(type)) {
    const id = idOf(value)
    return id === undefined ? value : { id }
  }
  if (typeof value !== 'string') return value
  if (type === 'datetime') return instantMs(value) === undefined ? value : zohoTime(value)
  if (type === 'multiselectpicklist') return value.split(';').map((option) => option.trim())
  if (NUMBERS.has(type)) return numberOf(value) ?? value
  return value
}

const numberOf = (text: string): number | undefined => {
  const value = Number(text)
  return text.trim() === '' || !Number.isFinite(value) ? undefined : value
}
