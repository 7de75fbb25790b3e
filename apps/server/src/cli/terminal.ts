import type { Readable } from 'node:stream'
import type { Environment } from '../config/configuration.ts'

/** Where a command reads and writes; a test gives its own. */
export interface Terminal {
  readonly environment: Environment
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly stderr: NodeJS.WritableStream
}

/** Prints a value as JSON where that was asked for, else as `words` puts it. */
export const show = <T>(terminal: Terminal, json: boolean | undefined, value: T, words: (value: T) => string): void => {
  terminal.stdout.write(`${json === true ? JSON.stringify(value, null, 2) : words(value)}\n`)
}

/** Everything on standard input, as text. */
export const readInput = async ({ stdin }: Terminal): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Buffer))
  return Buffer.concat(chunks).toString('utf8')
}
