import { afterEach, expect, test } from 'vitest'
import { type Bench, openBench } from './simulator-context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const codeOf = async (text: string) => (await bench.query(text)).body?.code
const namesOf = async (criteria: string): Promise<string[]> => {
  const { body } = await bench.query(`select Last_Name from Contacts where ${criteria} order by Last_Name asc`)
  return (body?.data ?? []).map((row: { Last_Name: string }) => row.Last_Name)
}

const people = async (): Promise<string[]> => {
  bench = await openBench()
  const ids: string[] = []
  for (const [last_name, title] of [
    ['Abel', 'Boss'],
    ['Bauer', null],
    ['Conti', "l'amico"],
  ]) {
    ids.push(await bench.sim.add('contact', { last_name: last_name ?? '', title: title ?? null }))
    bench.pass(1_000)
  }
  return ids
}

test('comparisons, lists, patterns, ranges and emptiness choose as they say', async () => {
  const [first = '', second = '', third = ''] = await people()
  expect(await namesOf("Last_Name = 'abel'")).toEqual(['Abel'])
  expect(await namesOf("Last_Name != 'Abel'")).toEqual(['Bauer', 'Conti'])
  expect(await namesOf("Last_Name in ('Abel', 'Conti')")).toEqual(['Abel', 'Conti'])
  expect(await namesOf("Last_Name not in ('Abel')")).toEqual(['Bauer', 'Conti'])
  expect(await namesOf("Last_Name like 'Ba%'")).toEqual(['Bauer'])
  expect(await namesOf("Last_Name not like '%a%'")).toEqual(['Conti'])
  expect(await namesOf('Title is null')).toEqual(['Bauer'])
  expect(await namesOf('Title is not null')).toEqual(['Abel', 'Conti'])
  expect(await namesOf(`id > ${first}`)).toEqual(['Bauer', 'Conti'])
  expect(await namesOf(`id >= '${second}'`)).toEqual(['Bauer', 'Conti'])
  expect(await namesOf(`id < ${third}`)).toEqual(['Abel', 'Bauer'])
  expect(await namesOf(`id between ${first} and ${second}`)).toEqual(['Abel', 'Bauer'])
  expect(await namesOf("Title = 'l\\'amico'")).toEqual(['Conti'])
})

test('instants are compared as instants, whatever their offset', async () => {
  await people()
  expect(await namesOf("Modified_Time >= '2026-11-02T09:00:01+00:00'")).toEqual(['Bauer', 'Conti'])
  expect(await namesOf("Modified_Time < '2026-11-02T14:30:01+05:30'")).toEqual(['Abel'])
  expect(await namesOf("Modified_Time = '2026-11-02T01:00:02-08:00'")).toEqual(['Conti'])
  expect(await codeOf("select id from Contacts where Modified_Time >= '2026-11-02T09:00:01Z'")).toBe('INVALID_QUERY')
})

test('more than two criteria stand in pairs of brackets', async () => {
  await people()
  expect(await namesOf("((Last_Name = 'Abel' and Title = 'Boss') and id is not null)")).toEqual(['Abel'])
  expect(await namesOf("Last_Name = 'Abel' or Last_Name = 'Conti'")).toEqual(['Abel', 'Conti'])
  expect(await namesOf("Last_Name = 'Abel' or (Last_Name = 'Conti' and id is null)")).toEqual(['Abel'])
  expect(await codeOf('select id from Contacts where id > 1 and id > 2 and id > 3')).toBe('SYNTAX_ERROR')
})

test('what is no query is a syntax error, what asks for what is not there is an invalid query', async () => {
  await people()
  for (const text of [
    'select id from Contacts',
    'select id where id > 1',
    "update Contacts set Last_Name = 'x' where id > 1",
    'select id from Contacts where (id > 1',
    'select id from Contacts where id > 1 limit',
  ])
    expect(await codeOf(text), text).toBe('SYNTAX_ERROR')
  for (const text of [
    'select Nothing from Contacts where id > 1',
    "select id from Contacts where Nothing = 'x'",
    "select id from Contacts where Last_Name >= 'x'",
    "select id from Contacts where Description = 'long texts are no criteria'",
    "select id from Leads where No_of_Employees = 'many'",
    'select Participants from Events where id > 1',
    'select id from Butterflies where id > 1',
    'select id from Notes where id > 1',
  ])
    expect(await codeOf(text), text).toBe('INVALID_QUERY')
  expect((await bench.query('select Nothing from Contacts where id > 1')).body.details.column_name).toBe('Nothing')
})

test('the limits of a query: 50 columns, 2,000 rows, 100,000 in reach, 25 criteria, 50 values', async () => {
  await people()
  const columns = Array.from({ length: 51 }, (_, index) => `C${index}`).join(', ')
  const ids = Array.from({ length: 51 }, (_, index) => index + 1).join(', ')
  const criteria = Array.from({ length: 25 }).reduce<string>((inner) => `(${inner} and id > 1)`, 'id > 1')
  for (const text of [
    `select ${columns} from Contacts where id > 1`,
    'select id from Contacts where id > 1 limit 2001',
    'select id from Contacts where id > 1 limit 99000, 2000',
    `select id from Contacts where ${criteria}`,
    `select id from Contacts where id in (${ids})`,
  ])
    expect(await codeOf(text), text.slice(0, 60)).toBe('LIMIT_EXCEEDED')
  expect(await codeOf('select id, id from Contacts where id > 1')).toBe('DUPLICATE_DATA')
  expect(await codeOf('select id from Contacts where id > 1 order by id, id')).toBe('DUPLICATE_DATA')
})

test('rows come by id, 200 at most unless a limit is asked, and say whether there are more', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 250, companies: 0 })
  const { body } = await bench.query('select id from Contacts where id is not null')
  const ids = body.data.map((row: { id: string }) => row.id)
  expect(body.info).toEqual({ count: 200, more_records: true })
  expect([...ids].sort()).toEqual(ids)
  const rest = await bench.query('select id from Contacts where id is not null limit 200, 2000')
  expect(rest.body.info).toEqual({ count: 50, more_records: false })
  const same = await bench.query('select id from Contacts where id is not null limit 2000 offset 200')
  expect(same.body).toEqual(rest.body)
  expect(await bench.query('select id from Contacts where id is not null limit 250, 10')).toMatchObject({
    status: 204,
    text: '',
  })
})

test('a lookup comes as its id, from version 7 on with its name, and leads on to fields of its record', async () => {
  bench = await openBench()
  const company = await bench.sim.add('company', { name: 'Acme', domain: 'acme.example.com' })
  const contact = await bench.sim.add('contact', { last_name: 'Rossi' }, [{ type: 'company', remoteId: company }])
  const text =
    'select Account_Name, Account_Name.Account_Name, Account_Name.id, Owner, Owner.email from Contacts where Last_Name is not null'
  expect((await bench.query(text)).body.data).toEqual([
    {
      id: contact,
      Account_Name: { name: 'Acme', id: company },
      'Account_Name.Account_Name': 'Acme',
      'Account_Name.id': company,
      Owner: { name: 'Inge Integration', id: bench.sim.owners[0]?.id },
      'Owner.email': 'integration@example.com',
    },
  ])
  expect((await bench.query(text, 'v6')).body.data[0].Account_Name).toEqual({ id: company })
  expect((await bench.query(`select id from Contacts where Account_Name = '${company}'`)).body.data).toHaveLength(1)
  expect((await bench.query(`select id from Contacts where Account_Name.id = ${company}`)).body.data).toHaveLength(1)
})

test('a lookup into several modules tells the module, and its fields module by module', async () => {
  bench = await openBench()
  const company = await bench.sim.add('company', { name: 'Acme' })
  const contact = await bench.sim.add('contact', { last_name: 'Rossi' })
  const call = { kind: 'call', direction: 'outbound', started_at: '2026-11-01T10:00:00Z', duration_seconds: 5 }
  await bench.sim.add('activity', call, [
    { type: 'company', remoteId: company },
    { type: 'contact', remoteId: contact },
  ])
  const text = `select Who_Id.id, What_Id, What_Id.module.api_name, 'What_Id->Accounts.Account_Name', 'What_Id->Deals.Deal_Name' from Calls where id is not null`
  expect((await bench.query(text)).body.data[0]).toMatchObject({
    'Who_Id.id': contact,
    What_Id: { name: 'Acme', id: company },
    'What_Id.module.api_name': 'Accounts',
    'What_Id->Accounts.Account_Name': 'Acme',
    'What_Id->Deals.Deal_Name': null,
  })
  expect(await codeOf('select $se_module from Calls where id is not null')).toBe('INVALID_QUERY')
})

test('a field that an administrator removed is an invalid column, and passed over in a list', async () => {
  await people()
  bench.sim.removeField('Contacts', 'Title')
  expect(await codeOf('select Title from Contacts where id is not null')).toBe('INVALID_QUERY')
  const { body } = await bench.call('GET', '/crm/v8/Contacts?fields=Title,Last_Name&per_page=1')
  expect(Object.keys(body.data[0]).sort()).toEqual(['Last_Name', 'id'])
})

test('whether queries show converted leads is a switch, for nothing says it', async () => {
  for (const queriesConvertedLeads of [true, false]) {
    bench = await openBench({ queriesConvertedLeads })
    await bench.sim.convertLead(await bench.sim.addLead({ last_name: 'Lead' }))
    const answer = await bench.query('select id, Converted__s from Leads where id is not null')
    expect(answer.status).toBe(queriesConvertedLeads ? 200 : 204)
    if (queriesConvertedLeads) await bench.sim.stop()
  }
})
