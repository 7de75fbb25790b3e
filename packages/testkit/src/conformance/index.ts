export { describeProvider } from './describe-provider.ts'
export type { ConformanceOptions } from './world.ts'
