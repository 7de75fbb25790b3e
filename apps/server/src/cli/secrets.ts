import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { readText } from './json_file.ts'
import { readInput, type Terminal } from './terminal.ts'

const SOUNDS_SECRET = /pass|secret|token|key/i

/** Asks at the terminal and shows nothing of what is typed. */
const ask = async (terminal: Terminal, name: string): Promise<string> => {
  terminal.stderr.write(`${name}: `)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const prompt = createInterface({ input: terminal.stdin, output: nowhere, terminal: true })
  try {
    return await prompt.question('')
  } finally {
    prompt.close()
    terminal.stderr.write('\n')
  }
}

/**
 * Credentials as `--credential` gives them: `name=-` reads standard input (asks, at a terminal), `name=@file` a file,
 * anything else is the value itself. Warns where a secret stands on the command line, which other users can see.
 */
export const readCredentials = async (
  terminal: Terminal,
  given: Readonly<Record<string, string>>,
): Promise<Record<string, string>> => {
  const fromInput = Object.entries(given).filter(([, value]) => value === '-')
  if (fromInput.length > 1 && terminal.stdin.isTTY !== true) {
    throw new CliFailure(
      EXIT.usage,
      'Standard input can give one credential. Use @file for the others, or --file for all.',
    )
  }
  const credentials: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === '-') {
      const text = terminal.stdin.isTTY === true ? await ask(terminal, name) : await readInput(terminal)
      credentials[name] = text.replace(/\r?\n$/, '')
    } else if (value.startsWith('@')) {
      credentials[name] = (await readText(terminal, value.slice(1))).replace(/\r?\n$/, '')
    } else {
      if (SOUNDS_SECRET.test(name)) {
        terminal.stderr.write(
          `Other users of this machine can see ${name} on the command line: rather write --credential ${name}=- or ${name}=@file.\n`,
        )
      }
      credentials[name] = value
    }
  }
  return credentials
}
