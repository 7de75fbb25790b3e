import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The key of an embedded database, beside it: made at the first start, readable by its owner alone. Losing it loses
 * every credential, so it belongs into the backup of the folder.
 */
export const embeddedKeys = (dataDir: string): readonly string[] => {
  const path = join(dataDir, 'encryption.key')
  if (!existsSync(path)) {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(path, `${randomBytes(32).toString('base64url')}=\n`, { mode: 0o600, flag: 'wx' })
  }
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
