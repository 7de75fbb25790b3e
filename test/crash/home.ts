import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testDatabases } from '@raccordo/testkit/database'

/** Where a server keeps its data, so that the next one finds it. */
export const serverHome = async (backend: 'pglite' | 'postgres', postgresUrl: string) => {
  if (backend === 'pglite') {
    const folder = await mkdtemp(join(tmpdir(), 'raccordo-crash-'))
    return { environment: { CRM_DATA_DIR: folder }, drop: () => rm(folder, { recursive: true, force: true }) }
  }
  const databases = testDatabases(postgresUrl)
  const url = await databases.createDatabase()
  const keys = `${randomBytes(32).toString('base64url')}=`
  return { environment: { DATABASE_URL: url, CRM_ENCRYPTION_KEYS: keys }, drop: () => databases.dropDatabase(url) }
}
