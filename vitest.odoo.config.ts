import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/live/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['@raccordo/testkit/database/global-setup'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // One real server, which they all write to.
    maxWorkers: 1,
    fileParallelism: false,
  },
})
