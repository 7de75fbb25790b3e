import type { Configuration } from './config/configuration.ts'

/** Works beside the servers on the same Postgres, and serves nothing. Answers the function that stops it. */
export const work = async ({ host: options, embedded }: Configuration): Promise<() => Promise<void>> => {
  if (embedded) {
    throw new Error(
      'A worker needs the Postgres that it shares with the servers: set DATABASE_URL. ' +
        'An embedded database takes one process, and `raccordo serve` works by itself.',
    )
  }
  const { createHost } = await import('@raccordo/core')
  const host = await createHost({ ...options, works: true })
  await host.start()
  return () => host.stop()
}
