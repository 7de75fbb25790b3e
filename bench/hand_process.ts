import pg from 'pg'
import { beChild } from './child.ts'
import { type Connection, RIVALS } from './rivals.ts'

interface Input {
  readonly provider: string
  readonly connection: Connection
  readonly databaseUrl: string
}

/** The hand-written loop, from its first request to its last upsert. */
await beChild<Input, { records: number; seconds: number }>(async ({ provider, connection, databaseUrl }) => {
  const rival = RIVALS[provider]
  if (rival === undefined) throw new Error(`There is no hand-written loop for ${provider}`)
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  const startedAt = performance.now()
  const records = await rival.copyContacts(connection, database)
  const seconds = (performance.now() - startedAt) / 1_000
  await database.end()
  return { records, seconds }
})
