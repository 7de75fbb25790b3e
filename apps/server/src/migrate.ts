import type { Configuration } from './config/configuration.ts'

/** Brings the database up to date and does nothing else. Safe while servers and workers are running. */
export const migrate = async ({ host: options }: Configuration): Promise<void> => {
  const { createHost } = await import('@raccordo/core')
  const host = await createHost({ ...options, works: false })
  try {
    await host.start()
  } finally {
    await host.stop()
  }
}
