import { expect, test } from 'vitest'
import { correlationIdFrom, isSaneCorrelationId, newCorrelationId } from '../../src/telemetry/index.ts'

test.each(['a', 'req-1', '0af7651916cd43dd8448eb211c80319c', 'trace/1:2.3_4'])(
  '"%s" is taken over from a caller',
  (id) => {
    expect(correlationIdFrom(id)).toBe(id)
  },
)

test.each([undefined, '', ' a', 'a b', 'a\nb', '"', 'x'.repeat(129), ['a', 'b'], '-a', 'é'])('%j is not', (id) => {
  expect(isSaneCorrelationId(id)).toBe(false)
  expect(correlationIdFrom(id)).not.toBe(id)
})

test('a new id is sane and its own', () => {
  expect(isSaneCorrelationId(newCorrelationId())).toBe(true)
  expect(newCorrelationId()).not.toBe(newCorrelationId())
})
