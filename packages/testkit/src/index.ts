export type * from './simulator/types.ts'
