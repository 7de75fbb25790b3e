import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fields, Json } from '../../src/contract.ts'
import { type AuditEntry, chainAudit, changesOf, erasedChanges, verifyAudit } from '../../src/telemetry/index.ts'

const AT = new Date('2026-01-01T00:00:01.000Z')
const START = { seq: 0, hash: '' }
const entry = (number: number, changes: Json = { email: [null, `user${number}@example.com`] }): AuditEntry => ({
  actor: 'worker',
  action: 'create',
  type: 'contact',
  object: 'people',
  externalId: String(number),
  localId: null,
  changes,
  correlationId: 'corr',
})
const chain = (count: number) =>
  chainAudit(
    START,
    AT,
    Array.from({ length: count }, (_, index) => entry(index + 1)),
  )

test('a chain that was written in parts is one chain', () => {
  const first = chainAudit(START, AT, [entry(1), entry(2)])
  const head = { seq: 2, hash: first[1]?.hash ?? '' }
  const second = chainAudit(head, AT, [entry(3)])
  expect([...first, ...second]).toEqual(chain(3))
  expect(verifyAudit([...first, ...second])).toMatchObject({ ok: true, head: { seq: 3 } })
  expect(verifyAudit(second, { after: head })).toMatchObject({ ok: true })
})

test('what the database gives back still verifies: members in another order, times in another form', () => {
  const rows = chainAudit(START, AT, [entry(1, { b: { y: 1, x: [1.5, null] }, a: 'ü' })])
  const changes = { a: 'ü', b: { x: [1.5, null], y: 1 } }
  for (const at of ['2026-01-01T01:00:01+01:00', '2026-01-01T00:00:01Z', AT])
    expect(verifyAudit(rows.map((row) => ({ ...row, at, changes })))).toMatchObject({ ok: true })
})

test('any change of any member of any row is found, at that row or the next', () => {
  const members = ['actor', 'action', 'type', 'object', 'externalId', 'localId', 'correlationId', 'changes'] as const
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4 }), fc.constantFrom(...members), fc.string(), (index, member, value) => {
      const rows = chain(5)
      const original = rows[index]
      fc.pre(original !== undefined && original[member] !== value)
      const altered = rows.map((row, at) => (at === index ? { ...row, [member]: value } : row))
      expect(verifyAudit(altered)).toMatchObject({ ok: false, seq: index + 1, fault: 'altered' })
    }),
  )
})

test('a row that was altered and hashed anew breaks the chain at the next', () => {
  const rows = chain(3)
  const forged = chainAudit({ seq: 1, hash: rows[0]?.hash ?? '' }, AT, [
    entry(2, { email: [null, 'forged@example.com'] }),
  ])
  const verdict = verifyAudit([...rows.slice(0, 1), ...forged, ...rows.slice(2)])
  expect(verdict).toMatchObject({ ok: false, seq: 3, fault: 'broken-chain' })
})

test('a missing row is a gap, a missing beginning too', () => {
  const rows = chain(4)
  expect(verifyAudit(rows.toSpliced(2, 1))).toMatchObject({ ok: false, seq: 4, fault: 'gap' })
  expect(verifyAudit(rows.slice(1))).toMatchObject({ ok: false, seq: 2, fault: 'gap' })
})

test('an end that was cut off shows against the head that the connection keeps', () => {
  const rows = chain(4)
  const last = rows[3]
  const head = { seq: 4, hash: last?.hash ?? '' }
  expect(verifyAudit(rows, { head })).toMatchObject({ ok: true })
  expect(verifyAudit(rows.slice(0, 3), { head })).toMatchObject({ ok: false, seq: 4, fault: 'cut-off' })
})

test('erasing the content of rows leaves the chain whole and the content gone', () => {
  const rows = chain(3).map((row) => (row.seq === 2 ? { ...row, changes: erasedChanges(row.changes) } : row))
  expect(verifyAudit(rows)).toMatchObject({ ok: true })
  expect(JSON.stringify(rows)).not.toContain('user2@example.com')
  const twice = rows.map((row) => (row.seq === 2 ? { ...row, changes: erasedChanges(row.changes) } : row))
  expect(twice).toEqual(rows)
})

test('changes are the fields that differ, with before and after, null for absent', () => {
  const before: Fields = { a: 1, b: { x: 1, y: 2 }, c: 'same', d: 'gone' }
  const after: Fields = { a: 2, b: { y: 2, x: 1 }, c: 'same', e: [1] }
  expect(changesOf(before, after)).toEqual({ a: [1, 2], d: ['gone', null], e: [null, [1]] })
  expect(changesOf(undefined, { a: 1 })).toEqual({ a: [null, 1] })
  expect(changesOf({ a: 1 }, null)).toEqual({ a: [1, null] })
})

test('secrets are taken out of changes, however deep they stand', () => {
  const redact = (text: string) => text.replaceAll('s3cret', '[redacted]')
  expect(changesOf({ a: { b: ['s3cret'] } }, { a: 'Bearer s3cret' }, redact)).toEqual({
    a: [{ b: ['[redacted]'] }, 'Bearer [redacted]'],
  })
})
