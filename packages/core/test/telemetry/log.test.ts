import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { crmError } from '../../src/errors.ts'
import { createLog, type LogOptions, withContext } from '../../src/telemetry/index.ts'
import { logFiles, safeName } from '../../src/telemetry/log_files.ts'

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'raccordo-log-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const capture = (options: LogOptions = {}) => {
  const lines: string[] = []
  const log = createLog({ ...options, output: { write: (line: string) => lines.push(line) } })
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

const linesOf = (file: string): readonly string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean)

test('a line is one JSON object with time, level, message and the context that it belongs to', () => {
  const { log, entries } = capture()
  const request = withContext(log.logger, { correlationId: 'one', provider: 'acme' })
  withContext(request, { correlationId: 'two', workspaceId: 'w', connectionId: 'c' }).info({ pages: 3 }, 'pulled')
  const [entry] = entries()
  expect(entry).toMatchObject({ level: 'info', msg: 'pulled', pages: 3, name: 'raccordo', provider: 'acme' })
  expect(entry).toMatchObject({ correlation_id: 'two', workspace_id: 'w', connection_id: 'c' })
  expect(new Date(String(entry?.['time'])).toISOString()).toBe(entry?.['time'])
})

test('a member that a child repeats stands once in the line', () => {
  const { log, lines } = capture()
  withContext(withContext(log.logger, { provider: 'a' }), { provider: 'b' }).info('hello')
  expect(lines[0]?.match(/"provider"/g)).toHaveLength(1)
})

test('lines below the level are not written', () => {
  const { log, lines } = capture({ level: 'warn' })
  log.logger.info('no')
  log.logger.warn('yes')
  expect(lines).toHaveLength(1)
})

test('a secret is taken out wherever it stands, and escaping does not hide it', () => {
  const secret = 'p"ss\\w\nrd-öäü'
  const { log, lines, entries } = capture({ redactText: (text) => text.replaceAll(secret, '[redacted]') })
  const logger = withContext(log.logger, { provider: 'acme' })
  logger.info({ deep: [{ header: `Bearer ${secret}` }], [secret]: 1 }, `sent ${secret}`)
  logger.error({ err: new Error(`refused ${secret}`, { cause: new Error(secret) }) }, 'failed')
  expect(lines.join('')).not.toContain(JSON.stringify(secret).slice(1, -1))
  expect(entries()[0]).toMatchObject({ msg: 'sent [redacted]', deep: [{ header: 'Bearer [redacted]' }] })
  expect(entries()[1]).toMatchObject({ err: { message: 'refused [redacted]', cause: { message: '[redacted]' } } })
})

test('an error is told by what names it; what else hangs on it is left out', () => {
  const { log, entries } = capture()
  const http = Object.assign(new Error('Bad Gateway'), {
    code: 'ERR_HTTP',
    options: { headers: { authorization: 'x' } },
  })
  log.logger.error({ err: http }, 'a library failed')
  log.logger.warn({ err: crmError('quota', 'Daily limit', { provider: 'acme', status: 429 }) }, 'put off')
  const [library, expected] = entries()
  expect(library?.['err']).toMatchObject({ type: 'Error', message: 'Bad Gateway', code: 'ERR_HTTP' })
  expect(library?.['err']).not.toHaveProperty('options')
  expect(expected?.['err']).toMatchObject({ type: 'RateLimitError', kind: 'quota', status: 429 })
  expect(expected?.['err']).not.toHaveProperty('stack')
})

test('with a folder, every line is in crm_sync.log and those of a connection in <workspace>/<provider>.log too', async () => {
  const logDir = folder()
  const { log } = capture({ logDir })
  log.logger.info('start')
  for (const workspaceId of ['north', 'south'])
    withContext(log.logger, { workspaceId, provider: 'acme' }).info(`from ${workspaceId}`)
  await log.close()
  expect(linesOf(join(logDir, 'crm_sync.log'))).toHaveLength(3)
  const north = linesOf(join(logDir, 'north', 'acme.log'))
  expect(north).toHaveLength(1)
  expect(JSON.parse(north[0] ?? '')).toMatchObject({ msg: 'from north' })
})

test('nothing that was logged before closing is missing, and a new start goes on in the same file', async () => {
  const logDir = folder()
  for (const round of [1, 2]) {
    const { log } = capture({ logDir })
    for (let index = 0; index < 500; index += 1) log.logger.info({ round, index }, 'line')
    await log.close()
  }
  expect(linesOf(join(logDir, 'crm_sync.log'))).toHaveLength(1_000)
  expect(readdirSync(logDir).toSorted()).toEqual(['crm_sync.1.log', 'crm_sync.log'])
})

test('a full file is rotated, the plain name follows the newest, and only so many are kept', async () => {
  const path = folder()
  const errors: Error[] = []
  const files = logFiles({ folder: path, size: '1k', kept: 2, onError: (error) => errors.push(error) })
  for (let index = 0; index < 60; index += 1) {
    files.append(['crm_sync'], `${JSON.stringify({ index, text: 'x'.repeat(90) })}\n`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await files.close()
  const numbered = () =>
    readdirSync(path)
      .flatMap((name) => name.match(/^crm_sync\.(\d+)\.log$/)?.[1] ?? [])
      .map(Number)
      .toSorted((a, b) => a - b)
  expect(errors).toEqual([])
  await expect.poll(() => numbered().length).toBeLessThanOrEqual(3)
  const numbers = numbered()
  expect(numbers[0]).toBeGreaterThan(1)
  expect(readlinkSync(join(path, 'crm_sync.log'))).toBe(`crm_sync.${numbers.at(-1)}.log`)
  const lines = numbers.flatMap((number) => linesOf(join(path, `crm_sync.${number}.log`)))
  expect(lines.at(-1)).toContain('"index":59')
})

test('a workspace named like a path stays inside the folder', async () => {
  const outer = folder()
  const logDir = join(outer, 'logs')
  const { log } = capture({ logDir })
  withContext(log.logger, { workspaceId: '../../escape', provider: '..' }).info('caught')
  await log.close()
  expect(readdirSync(outer)).toEqual(['logs'])
  expect(existsSync(join(logDir, safeName('../../escape'), `${safeName('..')}.log`))).toBe(true)
})

test('different names stay different as file names, and none is a path', () => {
  const names = [
    '',
    '_',
    '..',
    'a/b',
    'a%2Fb',
    'A.b',
    'a\\b',
    'a:b',
    'ä',
    '\ud800',
    'x'.repeat(300),
    `${'x'.repeat(300)}y`,
  ]
  const safe = names.map(safeName)
  expect(safe.every((name) => /^[A-Za-z0-9%_-]{1,100}$/.test(name))).toBe(true)
  expect(new Set(safe.slice(1)).size).toBe(names.length - 1)
})

test('more tenants than files may be open lose no line', async () => {
  const path = folder()
  const files = logFiles({ folder: path, onError: (error) => expect(error).toBeUndefined() })
  for (const round of [1, 2])
    for (let tenant = 0; tenant < 100; tenant += 1) files.append([`t${tenant}`, 'acme'], `${round}\n`)
  await files.close()
  for (let tenant = 0; tenant < 100; tenant += 1)
    expect(linesOf(join(path, `t${tenant}`, 'acme.log')).toSorted()).toEqual(['1', '2'])
})

test('a file of somebody else under the plain name is left alone', async () => {
  const logDir = folder()
  writeFileSync(join(logDir, 'crm_sync.log'), 'mine\n')
  const { log } = capture({ logDir })
  log.logger.info('hello')
  await log.close()
  expect(readFileSync(join(logDir, 'crm_sync.log'), 'utf8')).toBe('mine\n')
  expect(linesOf(join(logDir, 'crm_sync.1.log'))).toHaveLength(1)
})

test('a folder that cannot be written is said on standard output and stops nothing', async () => {
  const path = folder()
  writeFileSync(join(path, 'file'), '')
  const { log, entries } = capture({ logDir: join(path, 'file', 'below') })
  log.logger.info('goes on')
  await log.close()
  expect(entries().map(({ msg }) => msg)).toEqual(['goes on', 'A log file failed'])
})
