import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sanitizeHtml } from '../simulator/html.ts'
import { CALL_FIELDS, type CallFields, cleanText, parseCall, renderCall } from '../src/call-body.ts'

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '</span></li></ul>',
    '&amp;&lt;&nbsp;&#60;&bogus;',
    'one\ntwo\r\nthree\n\n-- \nsignature',
    '  blanks  kept\t',
    '<li class="raccordo_outcome"><span>no</span></li>',
    '" onclick="x()',
    '📞 Zoë 東京 \u2028 ]]>',
  ),
)
const seconds = fc.oneof(fc.integer({ min: 0, max: 400_000 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
const calls: fc.Arbitrary<CallFields> = fc.record(
  Object.fromEntries(CALL_FIELDS.map((name) => [name, name === 'duration_seconds' ? seconds : hostile])) as {
    [Name in (typeof CALL_FIELDS)[number]]: fc.Arbitrary<string | number>
  },
  { requiredKeys: [] },
)

/** What a message can hold of a call: clean text, and nothing in place of empty text. */
const holdable = (call: CallFields): CallFields =>
  Object.fromEntries(
    Object.entries(call).flatMap(([name, value]) => {
      const kept = typeof value === 'string' ? cleanText(value) : value
      return kept === '' || kept === undefined ? [] : [[name, typeof kept === 'number' ? kept + 0 : kept]]
    }),
  )

describe('a call in the chatter', () => {
  test('reads back as it was written, whatever its texts hold', () => {
    fc.assert(
      fc.property(calls, (call) => {
        expect(parseCall(renderCall(call))).toEqual(holdable(call))
      }),
    )
  })

  test("reads back after Odoo's sanitizer has gone over it", () => {
    fc.assert(
      fc.property(calls, (call) => {
        expect(parseCall(sanitizeHtml(renderCall(call)))).toEqual(holdable(call))
      }),
    )
  })

  test('lets no text of a call become markup', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const tags = renderCall({ body: text, subject: text }).match(/<[^>]*>/g) ?? []
        expect(tags.every((tag) => /^<\/?(?:p|b|ul|li|span|br)(?: class="raccordo_\w+")?>$/.test(tag))).toBe(true)
      }),
    )
  })

  test('links a recording only where the address is one of the web', () => {
    expect(renderCall({ recording_url: 'https://r.example/a?b=1&c=2' })).toContain(
      'href="https://r.example/a?b=1&amp;c=2"',
    )
    expect(renderCall({ recording_url: 'javascript:alert(1)' })).not.toContain('href')
  })

  test('shows a duration as people say it', () => {
    expect(renderCall({ duration_seconds: 3_725 })).toContain('1 h 2 min 5 s')
    expect(renderCall({ duration_seconds: 59 })).toContain('59 s')
  })

  test('leaves out what it cannot read, and takes text of another making for notes', () => {
    expect(parseCall('<ul class="raccordo_call"><li class="raccordo_duration_seconds">x</li></ul>')).toEqual({})
    expect(parseCall('<p>Called <b>back</b><br>tomorrow</p>')).toEqual({ body: 'Called back\ntomorrow' })
    expect(parseCall('')).toEqual({})
  })

  test('reads marks of quotation and of people who edit as the same call', () => {
    const marked = renderCall({ outcome: 'busy', body: 'a' }).replaceAll(
      /<(li|p|span) ?/g,
      '<$1 data-o-mail-quote="1" ',
    )
    expect(parseCall(marked)).toEqual({ outcome: 'busy', body: 'a' })
  })
})
