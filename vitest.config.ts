import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Small files that take minutes, because what they start is large. */
const LONG = /\/test\/(crash|converge|packaging)\/|\/demo\.test\.ts$/

/** vitest begins with the largest files; one of these at the end would keep all others waiting for it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

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
    sequence: { sequencer: LongestFirst },
  },
})
