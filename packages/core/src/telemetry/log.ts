import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import { isCrmError } from '../errors.ts'
import { logFiles } from './log_files.ts'
import { type RedactText, redactDeep } from './redaction.ts'

export type { Logger } from 'pino'

export interface LogOptions {
  /** pino's: trace, debug, info, warn, error, fatal, silent; `info` if absent. */
  readonly level?: string | undefined
  /** Folder of rotating files beside standard output: `crm_sync.log` with everything, `<workspace>/<provider>.log`. */
  readonly logDir?: string | undefined
  /** Takes the known secrets out of a text. Every string of every line goes through it. */
  readonly redactText?: RedactText | undefined
  /** Standard output, if absent. */
  readonly output?: DestinationStream | undefined
}

export interface Log {
  readonly logger: Logger
  /** Writes what is still waiting and closes the files. */
  close(): Promise<void>
}

/** What says whose line it is, from the HTTP request or webhook through jobs to the call of the CRM. */
export interface LogContext {
  readonly correlationId?: string | undefined
  readonly provider?: string | undefined
  readonly workspaceId?: string | undefined
  readonly connectionId?: string | undefined
}

/** JSON lines to standard output and, with `logDir`, to files. One for each host. */
export const createLog = (options: LogOptions = {}): Log => {
  const output = options.output ?? destination(1)
  const files =
    options.logDir === undefined
      ? undefined
      : logFiles({
          folder: options.logDir,
          onError: ({ message }) =>
            output.write(`${JSON.stringify({ level: 'error', msg: 'A log file failed', message })}\n`),
        })
  const write = (line: string): void => {
    const { text, fields } = finish(line, options.redactText)
    output.write(text)
    if (!files) return
    files.append(['crm_sync'], text)
    const { workspace_id, provider } = fields
    if (typeof workspace_id === 'string' && typeof provider === 'string') files.append([workspace_id, provider], text)
  }
  const logger = pino(
    {
      level: options.level ?? 'info',
      name: 'raccordo',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
    },
    { write },
  )
  return { logger, close: async () => files?.close() }
}

/** A logger whose lines bear the given context. What is undefined leaves the parent's value as it is. */
export const withContext = (logger: Logger, context: LogContext): Logger => {
  const { correlationId, provider, workspaceId, connectionId } = context
  const fields = { correlation_id: correlationId, provider, workspace_id: workspaceId, connection_id: connectionId }
  return logger.child(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)))
}

/** Parsing every line costs microseconds and redacts what escaping would hide; it also drops members that a child repeats. */
const finish = (
  line: string,
  redactText: RedactText | undefined,
): { text: string; fields: Record<string, unknown> } => {
  const parsed = redactDeep(JSON.parse(line), redactText ?? ((text) => text)) as Record<string, unknown>
  return { text: `${JSON.stringify(parsed)}\n`, fields: parsed }
}

/** Errors of libraries carry whole requests with their headers: only what names the fault is kept. */
const describeError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  const known = isCrmError(error) ? error.toJSON() : { message: error.message }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const cause = error.cause instanceof Error ? { cause: describeError(error.cause) } : {}
  const expected = isCrmError(error) && error.kind !== 'bug'
  return { type: error.name, ...known, ...code, ...cause, ...(expected ? {} : { stack: error.stack }) }
}
