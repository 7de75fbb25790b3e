/** What the process says to a script. Listed in every help text and in the README. */
export const EXIT = {
  ok: 0,
  /** The work failed: a run that ended in an error, a push that is dead, a start that did not succeed. */
  failed: 1,
  /** The command was not understood. */
  usage: 2,
  /** No server answers. */
  unreachable: 3,
  /** The server or the CRM said no: a key that is missing, a mapping that is wrong, a record that is not there. */
  refused: 4,
} as const

export const EXIT_CODES_HELP = 'Exit codes: 0 ok, 1 failed, 2 usage, 3 no server answers, 4 refused.'
