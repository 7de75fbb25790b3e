import { readFile } from 'node:fs/promises'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { readInput, type Terminal } from './terminal.ts'

/** The text of a file, or of standard input for `-`. */
export const readText = async (terminal: Terminal, path: string): Promise<string> => {
  if (path === '-') return readInput(terminal)
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new CliFailure(EXIT.usage, `The file ${path} cannot be read: ${(error as Error).message}`)
  }
}

/** The JSON of a file, or of standard input for `-`. */
export const readJson = async (terminal: Terminal, path: string): Promise<unknown> => {
  const text = await readText(terminal, path)
  try {
    return JSON.parse(text)
  } catch (error) {
    const name = path === '-' ? 'Standard input' : path
    throw new CliFailure(EXIT.usage, `${name} is not JSON: ${(error as Error).message}`)
  }
}
