import type { Binding, Surroundings } from './bind.ts'
import { loneHalf, type NameHalves, nameWriters } from './name-writers.ts'
import type { PushPlan } from './push.ts'
import { type Writer, writerOf } from './writers.ts'

/** The halves of names that are written together, and those that stand alone. */
const pairHalves = (bindings: readonly Binding[]): { pairs: readonly NameHalves[]; lone: readonly Binding[] } => {
  const halves = bindings.filter(({ remote, unwritable }) => remote?.part !== undefined && unwritable === undefined)
  const pairs = new Map<string, NameHalves>()
  for (const first of halves) {
    const remote = first.remote?.remote ?? ''
    if (first.remote?.part !== 'first' || pairs.has(remote)) continue
    const last = halves.find((one) => one.remote?.remote === remote && one.remote.part === 'last')
    if (last !== undefined) pairs.set(remote, { remote, first, last })
  }
  const paired = new Set([...pairs.values()].flatMap(({ first, last }) => [first, last]))
  return { pairs: [...pairs.values()], lone: halves.filter((half) => !paired.has(half)) }
}

/** Decides how each field is written, and what is written from several. */
export const planPush = (
  bindings: readonly Binding[],
  around: Surroundings,
): Pick<PushPlan, 'writers' | 'afterwards'> => {
  const writers = new Map<string, Writer>(bindings.map((binding) => [binding.rule.canonical, writerOf(binding)]))
  const { pairs, lone } = pairHalves(bindings)
  for (const { rule } of lone) {
    around.note(rule, 'Only one part of the name is mapped: it is not written', 'Map the other part too.')
    writers.set(rule.canonical, loneHalf)
  }
  for (const halves of pairs) {
    for (const [canonical, writer] of nameWriters(halves)) writers.set(canonical, writer)
  }
  return {
    writers: new Map([...writers].map(([canonical, { write }]) => [canonical, write])),
    afterwards: ordered([...writers.values()]),
  }
}

/** Constants last: they only go along with something else. */
const ordered = (writers: readonly Writer[]) => {
  const afterwards = (alongOnly: boolean) =>
    writers.flatMap((writer) =>
      writer.afterwards !== undefined && (writer.alongOnly ?? false) === alongOnly ? [writer.afterwards] : [],
    )
  return [...afterwards(false), ...afterwards(true)]
}
