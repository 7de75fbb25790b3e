export { compileMapping, type MappingSpec } from '@raccordo/core/mapping'
export { compareWithTruth, type Differences, differingFields, type StoredRecord } from './oracle.ts'
export * from './simulator/index.ts'
