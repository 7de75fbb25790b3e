import type { Fields, ObjectType } from '@raccordo/core/plugin'

/**
 * One thing that happens in a history. Records are named by a number in [0, 1) that picks among those that are there
 * when the step comes, so that a history stays one when steps are taken out of it.
 */
export type Step =
  /** Time goes by, and the host works on what becomes due. */
  | { readonly do: 'wait'; readonly ms: number }
  /** A user of the CRM. */
  | { readonly do: 'add'; readonly type: ObjectType; readonly index: number; readonly pick: number }
  | { readonly do: 'edit'; readonly type: ObjectType; readonly pick: number; readonly value: number }
  | { readonly do: 'edit-many'; readonly type: ObjectType; readonly share: number; readonly value: number }
  | { readonly do: 'remove'; readonly type: ObjectType; readonly pick: number; readonly how: 'delete' | 'archive' }
  | { readonly do: 'restore'; readonly type: ObjectType; readonly pick: number }
  | { readonly do: 'merge'; readonly type: ObjectType; readonly pick: number; readonly other: number }
  /** The host's application: a new local record, or a later patch of one that it has pushed. */
  | { readonly do: 'push'; readonly type: ObjectType; readonly local: number; readonly value: number }
  /** A push that refers to a contact that is pushed with it. */
  | { readonly do: 'push-with-contact'; readonly local: number; readonly value: number }
  /** Steps of users that happen between the next calls to the CRM, one before each. */
  | { readonly do: 'meanwhile'; readonly steps: readonly Step[] }
  /** The CRM or the way to it turns bad for that many calls. */
  | { readonly do: 'trouble'; readonly kind: TroubleKind; readonly times: number; readonly share: number }
  | { readonly do: 'lag'; readonly ms: number }
  | { readonly do: 'slow-commits'; readonly ms: number }
  | { readonly do: 'poll' }
  | { readonly do: 'sweep' }
  | { readonly do: 'backfill' }
  /** The process dies at a boundary and another one starts. */
  | { readonly do: 'crash'; readonly boundary: CrashBoundary; readonly after: number }

export type TroubleKind =
  | 'cut-before'
  | 'cut-after'
  | 'error-before'
  | 'error-after'
  | 'html'
  | 'truncate'
  | 'late-commit'
  | 'storm'
  | 'storm-with-pause'

export type CrashBoundary = 'before-commit' | 'after-commit' | 'before-call' | 'after-call'

/** A history: where it starts and what happens in it. */
export interface History {
  readonly seed: number
  readonly contacts: number
  readonly companies: number
  /** Whether the CRM keeps to its own rate limits. */
  readonly limits: boolean
  /** The CRM's clock runs ahead of the host's by this much, in ms. */
  readonly skewMs: number
  readonly steps: readonly Step[]
}

/** What the application says of its records, by number and by the version of what it says. */
export const pushedFields = (type: ObjectType, local: number, value: number, tag: string): Fields => {
  if (type === 'contact')
    return {
      email: `${tag}.p${local}@example.net`,
      first_name: `Pushed${local}`,
      last_name: `Number ${value}`,
      title: `Title ${value}`,
    }
  if (type === 'company') return { name: `Pushed ${tag} ${local}`, domain: `p${local}-${tag}.example.net`, phone: null }
  if (type === 'deal') return { title: `Deal ${tag} ${local}`, amount_cents: 10_000 + value * 100 }
  return {
    kind: 'call',
    direction: local % 2 === 0 ? 'outbound' : 'inbound',
    outcome: 'connected',
    subject: `Call ${tag} ${local}`,
    body: `Said ${value}`,
    duration_seconds: 60 + value,
  }
}

/** What a user changes in a record. */
export const editedFields = (type: ObjectType, value: number): Fields => {
  if (type === 'contact') return { first_name: `Edited${value}`, title: `Edited ${value}` }
  if (type === 'company') return { name: `Edited ${value}` }
  if (type === 'deal') return { title: `Edited deal ${value}`, amount_cents: value * 100 }
  return { subject: `Edited ${value}` }
}
