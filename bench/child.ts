import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What a child says: its answer, or why there is none. */
type Said<Answer> = { readonly answer: Answer } | { readonly failure: string }

/** A program of the bench in a process of its own, so that nobody's memory or pauses are counted as another's. */
export interface Child<Answer> {
  readonly answer: Answer
  stop(): Promise<void>
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** Starts a program beside this file with its input; answers once it has answered. */
export const startChild = async <Answer>(
  program: string,
  input: object,
  nodeFlags: readonly string[] = [],
): Promise<Child<Answer>> => {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), [JSON.stringify(input)], {
    execArgv: [...nodeFlags],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const killed = () => child.kill('SIGKILL')
  process.once('exit', killed)
  const stop = async (): Promise<void> => {
    await end(child)
    process.off('exit', killed)
  }
  const ended = once(child, 'exit').then(([code]) => ({ failure: `${program} ended with ${code} and no answer` }))
  const said = (await Promise.race([once(child, 'message').then(([message]) => message), ended])) as Said<Answer>
  if ('answer' in said) return { answer: said.answer, stop }
  await stop()
  throw new Error(`${program}: ${said.failure}`)
}

/** Runs a program to its answer and ends it. */
export const runChild = async <Answer>(
  program: string,
  input: object,
  nodeFlags: readonly string[] = [],
): Promise<Answer> => {
  const child = await startChild<Answer>(program, input, nodeFlags)
  await child.stop()
  return child.answer
}

/** What a child is, seen from inside: does its work with the input and says the answer. */
export const beChild = async <Input, Answer>(work: (input: Input) => Promise<Answer>): Promise<void> => {
  const say = (said: Said<Answer>): void => void process.send?.(said)
  try {
    say({ answer: await work(JSON.parse(process.argv[2] ?? '{}') as Input) })
  } catch (error) {
    say({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
