import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'plugins/*/test/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    // Live tests need a real CRM: `pnpm test:odoo` runs them where there is one.
    exclude: ['**/node_modules/**', '**/dist/**', '**/live/**'],
    globalSetup: ['@raccordo/testkit/database/global-setup'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Much of the time is waiting: for a timer, a database, a process that was started.
    maxWorkers: 3,
  },
})
