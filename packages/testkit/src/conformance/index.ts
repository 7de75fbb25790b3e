export { type ContextState, type DirectContext, plainContext, readLookup } from './context.ts'
export { describeProvider } from './describe-provider.ts'
export type { ConformanceOptions } from './world.ts'
