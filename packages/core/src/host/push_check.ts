import type { PushItem } from '../api.ts'
import type { Fields, Json } from '../contract.ts'
import { crmError, type Fault } from '../errors.ts'
import { checkOf } from '../mapping/check-value.ts'
import { CANONICAL, type MappingSpec, OBJECT_TYPES } from '../mapping/index.ts'
import { suggestion } from '../mapping/nearest.ts'
import type { FieldType } from '../mapping/types.ts'

const LONGEST_ID = 255

/** Fields that a push of a type may carry here: the canonical ones and those that the mapping adds. */
const knownFields = (
  spec: MappingSpec,
  item: PushItem,
): ReadonlyMap<string, { type: FieldType | undefined; values?: readonly string[] }> => {
  const known = new Map<string, { type: FieldType | undefined; values?: readonly string[] }>()
  const layers = [spec.objects[item.object], ...Object.values(spec.objects[item.object]?.kinds ?? {})]
  for (const layer of layers) {
    for (const [name, type] of Object.entries(layer?.custom ?? {})) known.set(name, { type })
    for (const [name, rule] of Object.entries(layer?.fields ?? {})) {
      if (!known.has(name)) known.set(name, { type: typeof rule === 'object' ? rule?.type : undefined })
    }
  }
  for (const [name, field] of Object.entries(CANONICAL[item.object])) known.set(name, field)
  return known
}

/**
 * What is wrong with a push before anybody is asked: an unknown field, a value of the wrong type, a link to nowhere.
 * `pointer` begins every fault's own.
 */
export const faultsOfPush = (item: PushItem, spec: MappingSpec, pointer: string): readonly Fault[] => {
  if (!OBJECT_TYPES.includes(item.object)) {
    return [
      {
        pointer: `${pointer}/object`,
        message: `${JSON.stringify(item.object)} is no object`,
        remedy: `Use one of ${OBJECT_TYPES.join(', ')}.`,
      },
    ]
  }
  const faults: Fault[] = []
  if (typeof item.localId !== 'string' || item.localId === '' || item.localId.length > LONGEST_ID) {
    faults.push({
      pointer: `${pointer}/localId`,
      message: 'The local id is missing or too long',
      remedy: `Give your own record's id as text of 1 to ${LONGEST_ID} characters.`,
    })
  }
  if (typeof item.data !== 'object' || item.data === null || Array.isArray(item.data)) {
    return [
      ...faults,
      {
        pointer: `${pointer}/data`,
        message: 'data is to be an object',
        remedy: 'Send the fields to set; null clears one.',
      },
    ]
  }
  const known = knownFields(spec, item)
  for (const [name, value] of Object.entries(item.data as Fields)) {
    const field = known.get(name)
    if (field === undefined) {
      const names = [...known.keys()]
      faults.push({
        pointer: `${pointer}/data/${name}`,
        message: `A ${item.object} has no field ${name}`,
        remedy: suggestion(name, names),
      })
      continue
    }
    const complaint =
      value === null || value === undefined || field.type === undefined
        ? undefined
        : checkOf(field.type, field.values)(value as Json)
    if (complaint !== undefined) faults.push({ pointer: `${pointer}/data/${name}`, ...complaint })
  }
  for (const [index, link] of (item.links ?? []).entries()) {
    if (!OBJECT_TYPES.includes(link.object) || typeof link.externalId !== 'string' || link.externalId === '') {
      faults.push({
        pointer: `${pointer}/links/${index}`,
        message: 'A link names an object and an externalId',
        remedy: 'Send { "object": "contact", "externalId": "123" }.',
      })
    }
  }
  return faults
}

/** Throws one `invalid` with every fault of every item. */
export const assertPushes = (items: readonly PushItem[], spec: MappingSpec, isList: boolean): void => {
  const faults = items.flatMap((item, index) => faultsOfPush(item, spec, isList ? `/items/${index}` : ''))
  const [first] = faults
  if (first === undefined) return
  const more = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`
  throw crmError('invalid', `${first.pointer}: ${first.message}. ${first.remedy ?? ''}${more}`.trim(), {
    faults,
    ...(first.pointer === undefined ? {} : { pointer: first.pointer }),
  })
}
