/** The authors' door: the contract's types and the helpers of the kit. A plugin imports from nowhere else in core. */
export type * from './contract.ts'
export { CrmError, isCrmError } from './errors.ts'
export { batches } from './kit/batches.ts'
export { defineProvider } from './kit/define.ts'
export { fail } from './kit/fail.ts'
export { eachRow, failureOf } from './kit/rows.ts'
export { equalStrings, hmacMatches } from './kit/signatures.ts'
