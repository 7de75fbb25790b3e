import type { Json } from '../contract.ts'
import type { Binding } from './bind.ts'
import { joinName, splitName } from './name-parts.ts'
import type { PushScope } from './push.ts'
import { checked, leaveOut, type Write, type WriteAfterwards, type Writer } from './writers.ts'

/** Both halves of a full name, written as one remote field. */
export interface NameHalves {
  readonly remote: string
  readonly first: Binding
  readonly last: Binding
}

/**
 * Joins the halves of a name whenever one of them is pushed; the other comes from what is known of the record, and
 * where it is not known the result says that the name is incomplete. A name is never cleared: CRMs that keep one field
 * for it require it.
 */
export const nameWriters = ({ remote, first, last }: NameHalves): ReadonlyMap<string, Writer> => {
  const halfOf = (binding: Binding, scope: PushScope): Json | undefined => scope.canonical(binding.rule.canonical)
  const textOrNull = (half: Json | undefined): string | null => (typeof half === 'string' ? half : null)
  const afterwards: WriteAfterwards = (scope) => {
    const pushed = [first, last].find(({ rule }) => scope.isPushed(rule.canonical))
    if (pushed === undefined) return
    scope.field = pushed.rule.canonical
    const known = { first: halfOf(first, scope), last: halfOf(last, scope) }
    const halves = { first: textOrNull(known.first), last: textOrNull(known.last) }
    if (known.first === undefined || known.last === undefined) scope.incomplete.push(remote)
    const name = joinName(halves.first, halves.last)
    if (name === '') {
      scope.warn('would leave the record without a name and was left out')
      return
    }
    const read = splitName(name)
    if (read.first !== halves.first || read.last !== halves.last) {
      scope.warn('will be read back split at the first blank, as the CRM keeps one field for the whole name')
    }
    scope.fields[remote] = name
  }
  const none: Write = () => undefined
  return new Map([
    [first.rule.canonical, { write: checked(first, none), afterwards }],
    [last.rule.canonical, { write: checked(last, none) }],
  ])
}

/** A half that stands alone: writing it would lose the rest of the name. */
export const loneHalf: Writer = { write: leaveOut('is only a part of the remote field, whose rest is not mapped,') }
