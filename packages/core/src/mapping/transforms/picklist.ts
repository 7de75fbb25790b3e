import type { Json } from '../../contract.ts'
import { isList, relationOf, textOf } from '../remote-value.ts'
import type { Making, Scope, Transform } from './transform.ts'

const REST = '*'

/** Every text under which a remote value may stand in the author's list: itself, a relation's id, its label. */
const namesOf = (value: Json): readonly string[] => {
  const relation = relationOf(value)
  if (relation !== undefined) return relation.label === undefined ? [relation.id] : [relation.id, relation.label]
  return [textOf(value) ?? '']
}

/**
 * Remote values to canonical ones by a list; `"*"` stands for all others. The list may name the option's value or its
 * label where the live schema knows them. Going back, the first remote value that gives the canonical one is written; of
 * those that the live field offers, where any is.
 */
export const picklist = (making: Making): Transform => {
  const list = making.options.picklist ?? {}
  const rest = Object.hasOwn(list, REST) ? list[REST] : undefined
  const keepsRest = rest === REST
  const toCanonical = new Map<string, Json>()
  const toRemote = new Map<Json, Json>()
  const options = making.remoteOptions
  /** The option's value that a name of the list means; undefined where the live field has options but not this one. */
  const offered = (name: string): Json | undefined => {
    if (making.remoteType === 'boolean') return name === 'true'
    if (options.length === 0 || options.some(({ value }) => value === name)) return name
    return options.find(({ label }) => label === name)?.value
  }
  const listed = Object.entries(list).filter(([name]) => name !== REST)
  for (const [name, canonical] of listed) {
    const remote = offered(name)
    toCanonical.set(name, canonical)
    if (remote === undefined) continue
    toCanonical.set(String(remote), canonical)
    if (!toRemote.has(canonical)) toRemote.set(canonical, remote)
  }
  for (const [name, canonical] of listed) if (!toRemote.has(canonical)) toRemote.set(canonical, name)
  const folded = new Map(
    [...toCanonical].reverse().map(([name, canonical]) => [name.toLowerCase(), canonical] as const),
  )
  const allowed = [...toRemote.keys()].map(String).join(', ')

  const pullOne = (value: Json, scope: Scope): Json => {
    for (const name of namesOf(value)) {
      const found = toCanonical.get(name) ?? folded.get(name.toLowerCase())
      if (found !== undefined) return found
    }
    if (keepsRest) return textOf(value) ?? null
    if (rest !== undefined) return rest
    scope.warn(`has the value ${JSON.stringify(textOf(value) ?? null)}, which the picklist does not list`)
    return null
  }
  const pushOne = (value: Json, scope: Scope): Json | undefined => {
    const found = toRemote.get(value)
    if (found !== undefined) return found
    if (keepsRest) return value
    if (making.options.optional === true) scope.warn('has no counterpart in the CRM and was left out')
    else scope.refuse(`${JSON.stringify(value)} has no counterpart in the CRM`, `Send one of: ${allowed}.`)
    return undefined
  }
  return {
    pull: (value, scope) =>
      isList(value) && relationOf(value) === undefined
        ? value.map((one) => pullOne(one, scope))
        : pullOne(value, scope),
    push: (value, scope) => {
      if (!isList(value)) return pushOne(value, scope)
      const written = value.map((one) => pushOne(one, scope))
      return written.some((one) => one === undefined) ? undefined : (written as readonly Json[])
    },
  }
}
