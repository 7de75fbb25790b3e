import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import type { ConnectionState, Host, NewConnection, PassState, PushStatus, SignInRequest } from '@raccordo/core'
import { CrmError } from '@raccordo/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../src/cli/run.ts'
import { readConfiguration } from '../src/config/configuration.ts'
import { buildServer } from '../src/server.ts'
import { ACME_KEY, CONNECTIONS, fakeHost, type Instead } from './fake_host.ts'

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

const collect = (stream: PassThrough): (() => string) => {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}

const raccordo = async (words: readonly string[], environment: Record<string, string>, input = ''): Promise<Ran> => {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const [out, err] = [collect(stdout), collect(stderr)]
  const code = await run(words, { environment, stdin: Readable.from([input]), stdout, stderr })
  return { code, out: out(), err: err() }
}

const pass = (state: Partial<PassState>): PassState => ({
  object: 'people',
  type: 'contact',
  pass: 'backfill',
  state: 'running',
  runId: 'r1',
  records: 0,
  pages: 0,
  changed: 0,
  startedAt: '2026-01-01T00:00:00.000Z',
  ...state,
})
const stateWith = (passes: readonly PassState[]): ConnectionState => ({
  connection: CONNECTIONS[0] ?? expect.fail(),
  passes,
  outbox: { pending: 0, inFlight: 0, dead: 0 },
  inbox: { pending: 0 },
  webhook: { state: 'none' },
  deadLetters: 2,
  paused: [],
  feedPosition: 9,
  rateBudget: null,
  skewMs: 0,
})

describe('raccordo', () => {
  let folder = ''
  let stop: () => Promise<void> = async () => undefined
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'raccordo-cli-'))
  })
  afterEach(async () => {
    await stop()
    await rm(folder, { recursive: true })
  })

  const against = async (instead: Instead) => {
    const host: Host = fakeHost(instead)
    const app = buildServer(host)
    await app.listen({ host: '127.0.0.1', port: 0 })
    stop = async () => app.close()
    const CRM_URL = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    return (words: readonly string[], input?: string) => raccordo(words, { CRM_URL, CRM_API_KEY: ACME_KEY }, input)
  }

  it('has help with examples and exit codes for every command', async () => {
    const { code, out } = await raccordo(['--help'], {})
    expect(code).toBe(0)
    const commands = [...out.matchAll(/^ {2}([a-z-]+) \[options\]/gm)].map(([, name]) => name ?? '')
    expect(commands).toHaveLength(19)
    for (const name of commands) {
      const help = await raccordo([name, '--help'], {})
      expect(help.code).toBe(0)
      expect(help.out).toContain(`$ raccordo ${name}`)
      expect(help.out).toContain('Exit codes: 0 ok, 1 failed, 2 usage, 3 no server answers, 4 refused.')
      expect(help.out).toContain('--json')
    }
  })

  it('ends with 2 where the command was not understood', async () => {
    for (const words of [['frobnicate'], ['push', 'c1'], ['status'], ['replay'], ['push', 'c1', '--data', '{']]) {
      const { code, err } = await raccordo(words, {})
      expect(code).toBe(2)
      expect(err).not.toBe('')
    }
  })

  it('ends with 3 and says what to do where no server answers', async () => {
    const { code, err } = await raccordo(['providers'], { CRM_URL: 'http://127.0.0.1:9' })
    expect(code).toBe(3)
    expect(err).toBe(
      'No server answers at http://127.0.0.1:9. Start one with `raccordo serve`, or set CRM_URL to where one runs.\n',
    )
  })

  it('ends with 4 and the reason where the server refuses, as JSON on request', async () => {
    const cli = await against({})
    const { code, err } = await cli(['status', 'c22'])
    expect({ code, err }).toEqual({ code: 4, err: 'There is no connection "c22".\n' })
    const asJson = await cli(['status', 'c22', '--json'])
    expect(JSON.parse(asJson.err)).toMatchObject({ kind: 'not_found', status: 404 })
  })

  it('ends with 4 and names CRM_API_KEY where the key is missing', async () => {
    const cli = await against({ keys: { check: async () => undefined } })
    const { code, err } = await cli(['providers'])
    expect(code).toBe(4)
    expect(err).toContain('Set CRM_API_KEY to a key of this server.')
  })

  it('lists providers and connections as a table and as JSON', async () => {
    const cli = await against({})
    const { out } = await cli(['providers'])
    expect(out).toMatch(/shop +Shop +1\.0\.0 +apiKey/)
    expect(out).toMatch(/shop +people +contact +yes +pull/)
    expect((await cli(['connections'])).out).toMatch(/c1 +acme +shop/)
    expect(JSON.parse((await cli(['connections', '--json'])).out)).toEqual([CONNECTIONS[0]])
  })

  it('signs in with OAuth: prints the address, waits for the person and shows what came of it', async () => {
    const started: SignInRequest[] = []
    const connection = CONNECTIONS[0] ?? expect.fail()
    const list = async () => [
      started.length === 0 ? connection : { ...connection, signedInAt: '2026-01-02T00:00:00.000Z' },
    ]
    const start = async (request: SignInRequest) => {
      started.push(request)
      return { url: 'https://shop.example/authorize?state=s', expiresAt: new Date(Date.now() + 60_000).toISOString() }
    }
    const cli = await against({ connections: { list }, signIns: { start } })
    const words = ['connect', 'shop', '--workspace', 'acme', '--oauth', '--connection', 'c1', '--objects', 'contact']
    const { code, out } = await cli(words)
    expect(code).toBe(0)
    expect(out).toContain('https://shop.example/authorize?state=s')
    expect(out).toContain('c1')
    expect(started).toMatchObject([
      { workspaceId: 'acme', provider: 'shop', connectionId: 'c1', objects: ['contact'], trusted: false },
    ])
    started.length = 0
    const asJson = await cli([...words, '--json'])
    expect(JSON.parse(asJson.out)).toMatchObject({ id: 'c1' })
    expect(asJson.err).toContain('https://shop.example/authorize?state=s')
  })

  it('says that nobody signed in where the address has run out', async () => {
    const start = async () => ({ url: 'https://shop.example/authorize', expiresAt: new Date().toISOString() })
    const cli = await against({ signIns: { start } })
    const { code, err } = await cli(['connect', 'shop', '--workspace', 'acme', '--oauth'])
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('Nobody signed in') })
    expect((await cli(['connect', 'shop', '--workspace', 'acme', '--connection', 'c1'])).code).toBe(2)
  })

  it('connects with typed settings, a file, and secrets from standard input and files', async () => {
    const made: NewConnection[] = []
    const create = async (connection: NewConnection) => {
      made.push(connection)
      return CONNECTIONS[0] ?? expect.fail()
    }
    const cli = await against({ connections: { create } })
    await writeFile(join(folder, 'secret'), 'from-file\n')
    await writeFile(
      join(folder, 'c.json'),
      JSON.stringify({ workspaceId: 'acme', settings: { site: 'a', pageSize: 1 } }),
    )
    const { code, out, err } = await cli(
      [
        'connect',
        '--file',
        join(folder, 'c.json'),
        '--provider',
        'shop',
        '--setting',
        'pageSize=20',
        '--credential',
        'username=ada',
        '--credential',
        'password=-',
        '--credential',
        `apiKey=@${join(folder, 'secret')}`,
        '--objects',
        'contact,deal',
        '--no-enabled',
      ],
      'from-input\n',
    )
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Connected to shop: c1')
    expect(made).toEqual([
      {
        workspaceId: 'acme',
        provider: 'shop',
        settings: { site: 'a', pageSize: 20 },
        credentials: { username: 'ada', password: 'from-input', apiKey: 'from-file' },
        objects: ['contact', 'deal'],
        enabled: false,
        trusted: false,
      },
    ])
  })

  it('warns where a secret stands on the command line', async () => {
    const create = async () => CONNECTIONS[0] ?? expect.fail()
    const cli = await against({ connections: { create } })
    const words = ['connect', '--provider', 'shop', '--workspace', 'acme', '--credential', 'apiKey=open']
    const { code, err } = await cli(words)
    expect(code).toBe(0)
    expect(err).toContain('--credential apiKey=-')
    expect(err).not.toContain('open')
  })

  it('follows a run to its end in plain lines', async () => {
    const done = pass({ records: 10, total: 10, state: 'idle', finishedAt: '2026-01-01T00:00:09.000Z' })
    const steps = [pass({ records: 5, total: 10 }), pass({ records: 8, total: 10 })]
    const wait: Host['sync']['wait'] = async (_connection, runId, { onProgress } = {}) => {
      expect(runId).toBe('r1')
      const step = steps.shift()
      if (step === undefined) return [done]
      onProgress?.([step])
      throw new CrmError('timeout', 'It goes on.')
    }
    const cli = await against({ sync: { backfill: async () => ({ runId: 'r1' }), wait } })
    const { code, out, err } = await cli(['backfill', 'c1'])
    expect(code).toBe(0)
    expect(err).toContain('5 of 10 records')
    expect(out).toMatch(/people +10 +0 +done/)
  })

  it('ends with 1 where a run ended in an error', async () => {
    const lastError = { kind: 'schema', message: 'The field is gone.' }
    const wait: Host['sync']['wait'] = async (_connection, _run, { onProgress } = {}) => {
      onProgress?.([pass({ lastError })])
      throw new CrmError('schema', 'people: The field is gone.', { provider: 'shop' })
    }
    const cli = await against({ sync: { pull: async () => ({ runId: 'r1' }), wait } })
    const { code, out, err } = await cli(['pull', 'c1'])
    expect(code).toBe(1)
    expect(out).toMatch(/people +0 +0 +The field is gone\./)
    expect(err).toBe('0 records\nThe pull failed: people: The field is gone.\n')
  })

  it('only starts a run with --no-wait', async () => {
    const cli = await against({ sync: { sweep: async () => ({ runId: 'r7' }) } })
    expect(JSON.parse((await cli(['sweep', 'c1', '--no-wait', '--json'])).out)).toEqual({ runId: 'r7' })
  })

  it('pushes from flags and from standard input, and waits for what became of it', async () => {
    const settled = { id: 'p1', connectionId: 'c1', localId: '1', externalId: null } as PushStatus
    const receipt = { id: 'p1', idempotencyKey: 'k', status: 'pending' as const }
    const cli = await against({
      outbox: {
        push: async () => receipt,
        pushAll: async (_connection, items) => items.map(() => receipt),
        get: async () => settled,
        wait: async () => ({ ...settled, status: 'dead', lastError: { message: 'No such stage.' } }),
      },
    })
    const flags = ['--object', 'contact', '--local-id', '1', '--data', '{"email":"a@b.c"}']
    expect((await cli(['push', 'c1', ...flags])).out).toMatch(/p1 +pending/)
    const dead = await cli(['push', 'c1', '--file', '-', '--wait'], '[{"object":"contact","localId":"1","data":{}}]')
    expect(dead.code).toBe(1)
    expect(dead.out).toContain('No such stage.')
  })

  it('checks a mapping and ends with 4 where it has faults', async () => {
    const faults = [{ pointer: '/objects/contact', message: 'is not known', remedy: 'Did you mean "contact"?' }]
    const cli = await against({
      connections: { checkMapping: async (_id, spec) => (JSON.stringify(spec).includes('bad') ? faults : []) },
    })
    expect((await cli(['mapping', 'check', 'c1', '--file', '-'], '{"objects":{}}')).code).toBe(0)
    const { code, out } = await cli(['mapping', 'check', 'c1', '--file', '-'], '{"objects":{"bad":{}}}')
    expect(code).toBe(4)
    expect(out).toContain('/objects/contact is not known. Did you mean "contact"?')
  })

  it('shows a status, replays by filter and tries a call', async () => {
    const cli = await against({
      connections: {
        status: async () => stateWith([]),
        request: async (_id, { path, query }) => ({ status: 404, headers: {}, body: { path, query } }),
      },
      deadLetters: { replayAll: async () => ({ requeued: 3, superseded: 1 }) },
    })
    expect((await cli(['status', 'c1'])).out).toContain('dead letters  2')
    expect((await cli(['replay', '--kind', 'invalid'])).out).toBe('3 queued again, 1 superseded by newer changes.\n')
    const { code, out } = await cli(['try', 'c1', 'get', '/things?limit=1', '--json'])
    expect(code).toBe(4)
    expect(JSON.parse(out).body).toEqual({ path: '/things', query: { limit: '1' } })
  })

  it('makes, lists and revokes API keys at the server', async () => {
    const info = { id: 'k9', name: 'app', workspaceId: 'acme', createdAt: '2026-01-01', revokedAt: null }
    const revoked: string[] = []
    const cli = await against({
      keys: {
        check: async () => ({ id: 'k1', workspaceId: null }),
        create: async () => ({ ...info, secret: 's3cret' }),
        list: async () => [info],
        revoke: async (id) => {
          revoked.push(id)
        },
      },
    })
    expect((await cli(['keys', 'create', '--name', 'app', '--workspace', 'acme'])).out).toBe('s3cret\n')
    expect((await cli(['keys', 'list'])).out).toMatch(/k9 +app +acme/)
    expect((await cli(['keys', 'revoke', 'k9'])).code).toBe(0)
    expect(revoked).toEqual(['k9'])
  })

  it('makes an encryption key that the environment takes', async () => {
    const { out } = await raccordo(['keys', 'generate'], {})
    const CRM_ENCRYPTION_KEYS = out.trim()
    expect(readConfiguration({ CRM_ENCRYPTION_KEYS }).host.encryptionKeys).toEqual([CRM_ENCRYPTION_KEYS])
  })

  it('prints faults of the environment at once and ends with 1', async () => {
    const { code, err } = await raccordo(['serve'], { PORT: 'x', LOG_LEVEL: 'loud' })
    expect(code).toBe(1)
    expect(err).toMatch(/^The environment has 2 faults\.\n {2}- PORT is "x".*\n {2}- LOG_LEVEL is "loud".*\n$/)
  })

  it('names the correlation id where the server failed', async () => {
    const status = async () => {
      throw new CrmError('bug', 'inside')
    }
    const cli = await against({ connections: { status } })
    const { code, err } = await cli(['status', 'c1'])
    expect(code).toBe(1)
    expect(err).toMatch(/correlation id [0-9a-f-]{36}/)
  })
})
