import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CANONICAL, TRANSFORMS, validateMapping } from '../../src/mapping/index.ts'
import schema from '../../src/mapping/mapping.schema.json' with { type: 'json' }
import { CUSTOM_OPERATORS } from '../../src/mapping/operators.ts'

const page = readFileSync(new URL('../../../../docs/mapping.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, json = '']) => JSON.parse(json) as unknown)

describe('docs/mapping.md', () => {
  it('has examples, and each is a sound mapping', () => {
    expect(examples.length).toBeGreaterThanOrEqual(3)
    for (const example of examples) expect(validateMapping(example)).toEqual([])
  })

  it('names every canonical field, transform and operator', () => {
    const fields = Object.values(CANONICAL).flatMap((of) => Object.keys(of))
    const operators = Object.entries(CUSTOM_OPERATORS).flatMap(([space, of]) =>
      Object.keys(of).map((name) => `${space}.${name}`),
    )
    for (const name of [...fields, ...Object.keys(TRANSFORMS), ...operators]) expect(page).toContain(`\`${name}\``)
  })
})

describe('mapping.schema.json', () => {
  it('knows exactly the transforms and the canonical fields that there are', () => {
    expect(schema.definitions.transform.enum).toEqual(Object.keys(TRANSFORMS))
    for (const [type, fields] of Object.entries(CANONICAL)) {
      const listed = schema.definitions[type as keyof typeof CANONICAL].properties.fields.properties
      expect(Object.keys(listed)).toEqual(Object.keys(fields))
    }
  })
})
