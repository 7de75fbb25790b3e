import type { Row } from '@raccordo/core/plugin'
import { afterEach, expect, test } from 'vitest'
import { referenceOf, withoutReference, withReference } from '../src/reference.ts'
import { at, type Bench, objectOf, openBench, pullAll } from './context.ts'

let bench: Bench | undefined
afterEach(async () => {
  await bench?.sim.stop()
  bench = undefined
})

test('the reference comes off wherever an editor has put it, and only it', () => {
  const mine = withReference('<p>Body</p>', 'host/1 ü')
  expect(referenceOf(mine)).toBe('host/1 ü')
  expect(withoutReference(mine)).toBe('<p>Body</p>')
  expect(withoutReference(`<div style="x"><p class="y"><span>Ref: raccordo/abc</span></p></div>`)).toBe(
    '<div style="x"></div>',
  )
  expect(withoutReference('<p>First</p><p>Ref: raccordo/abc</p><p>Added later</p>')).toBe(
    '<p>First</p><p>Added later</p>',
  )
  expect(withoutReference('Plain text Ref: raccordo/abc')).toBe('Plain text ')
  expect(withoutReference(withReference('', 'abc'))).toBeNull()
  for (const body of [null, '', 'Ref: 42', 'Ref: another/abc']) expect(withoutReference(body)).toBe(body)
})

test('a call bears its marker in the body and shows none to a reader', async () => {
  bench = await openBench()
  const person = await bench.sim.add('contact', { email: 'called@example.com' })
  const rows: Row[] = ['<p>Spoke about prices.</p>', null].map((body, index) => ({
    marker: `call/${index}`,
    fields: { hs_timestamp: at(index), hs_call_body: body, hs_call_title: 'Call' },
    links: [{ type: 'contact', remoteId: person }],
  }))
  const outcomes = (await objectOf('calls').create?.(bench.ctx, rows)) ?? []
  expect(outcomes).toMatchObject([{ ok: true }, { ok: true }])
  const { records } = await pullAll(bench.ctx, 'calls', ['hs_call_body'])
  expect(records.map(({ fields }) => fields['hs_call_body'])).toEqual(['<p>Spoke about prices.</p>', null])
  expect(records.map(({ links }) => links)).toEqual([rows[0]?.links, rows[1]?.links])
  const remoteId = records[0]?.id ?? ''
  await objectOf('calls').update?.(bench.ctx, [{ marker: 'call/0', remoteId, fields: { hs_call_body: 'Later' } }])
  const raw = await bench.ctx.call({ path: `/crm/v3/objects/calls/${remoteId}`, query: { properties: 'hs_call_body' } })
  expect(referenceOf(raw.body.properties.hs_call_body)).toBe('call/0')
  const again = await objectOf('calls').read?.(bench.ctx, [remoteId], ['hs_call_body'])
  expect(again?.[0]?.fields['hs_call_body']).toBe('Later')
})

test('a recording that is not https is refused before anything is sent, and the other rows go', async () => {
  bench = await openBench()
  const rows: Row[] = ['http://a.example.com/1.mp3', 'https://a.example.com/2.mp3'].map((url, index) => ({
    marker: String(index),
    fields: { hs_timestamp: at(0), hs_call_recording_url: url },
  }))
  const outcomes = await objectOf('calls').create?.(bench.ctx, rows)
  expect(outcomes).toMatchObject([{ ok: false, kind: 'invalid', field: 'hs_call_recording_url' }, { ok: true }])
})

test('a failed call is kept as a status, and read back as the same outcome', async () => {
  bench = await openBench()
  const outcomes = [
    'FAILED',
    'CANCELED',
    '73a0d17f-1163-4015-bdd5-ec830791da20',
    '17b47fee-58de-441e-a44c-c6300d46f273',
  ]
  const rows: Row[] = outcomes.map((outcome, index) => ({
    marker: String(index),
    fields: { hs_timestamp: at(index), hs_call_disposition: outcome },
  }))
  await objectOf('calls').create?.(bench.ctx, rows)
  const { records } = await pullAll(bench.ctx, 'calls', ['hs_timestamp', 'hs_call_disposition'])
  const sorted = [...records].sort((a, b) =>
    String(a.fields['hs_timestamp']) < String(b.fields['hs_timestamp']) ? -1 : 1,
  )
  expect(sorted.map(({ fields }) => fields['hs_call_disposition'])).toEqual(outcomes)
  const statuses = await pullAll(bench.ctx, 'calls', ['hs_call_status'])
  expect(statuses.records.map(({ fields }) => fields['hs_call_status']).sort()).toEqual([
    'CANCELED',
    'COMPLETED',
    'FAILED',
    'NO_ANSWER',
  ])
  expect((await bench.sim.truth('activity')).map(({ data }) => data['outcome']).sort()).toEqual([
    'canceled',
    'failed',
    'no_answer',
    'wrong_number',
  ])
})
