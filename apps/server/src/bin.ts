#!/usr/bin/env node
import { run } from './cli/run.ts'

const { env: environment, stdin, stdout, stderr } = process
const code = await run(process.argv.slice(2), { environment, stdin, stdout, stderr })
// A keep-alive connection or a timer of a library must not hold a command that is done.
process.exitCode = code
setTimeout(() => process.exit(code), 1_000).unref()
