/** The hosts' door. */
export type * from './api.ts'
export type * from './contract.ts'
export type { ErrorContext, Fault, Reaction } from './errors.ts'
export { AuthenticationError, CrmError, isCrmError, RateLimitError, REACTIONS, ValidationError } from './errors.ts'
export type { HostOptions } from './host_options.ts'
export type { DatabaseSource } from './store/database.ts'
