/** Ends a command with a code and a message for the person who typed it. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure'
  readonly exitCode: number
  /** What `--json` prints: the server's problem, where there is one. */
  readonly problem: unknown

  constructor(exitCode: number, message: string, problem?: unknown) {
    super(message)
    this.exitCode = exitCode
    this.problem = problem
  }
}
