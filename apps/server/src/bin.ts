#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Half of a start is reading code; what an earlier start compiled is taken from the cache.
enableCompileCache()

const { run } = await import('./cli/run.ts')
const { env: environment, stdin, stdout, stderr } = process
// The reader of a pipe may leave early: `raccordo connections | head -1`.
stdout.on('error', () => process.exit())
process.exitCode = await run(process.argv.slice(2), { environment, stdin, stdout, stderr })
