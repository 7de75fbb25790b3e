import type { Engine } from '../sync/engine.ts'

/** How this process looks for what is due: channels are for processes that CRMs can reach. */
export const dueTerms = ({ clock, hooks }: Engine): { readonly nowMs: number; readonly channels: boolean } => ({
  nowMs: clock.wallMs(),
  channels: hooks.isReachable,
})
