/** One thing that is wrong with the environment, and what to do about it. */
export interface ConfigurationFault {
  readonly variable: string
  readonly message: string
  readonly remedy: string
}

/** Everything that is wrong with the environment, at once. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly faults: readonly ConfigurationFault[]

  constructor(faults: readonly ConfigurationFault[]) {
    super(faults.length === 1 ? 'The environment has a fault.' : `The environment has ${faults.length} faults.`)
    this.faults = faults
  }
}
