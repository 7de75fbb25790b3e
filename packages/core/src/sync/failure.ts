import type { CrmError } from '../errors.ts'
import { updateConnection } from '../store/connections.ts'
import type { StoredError } from '../store/schema.ts'
import type { Engine } from './engine.ts'

/** A failure as it may be stored and shown: without a secret of the connection. */
export const storedError = (engine: Engine, connectionId: string, error: CrmError): StoredError =>
  engine.redact(connectionId, { ...error.toJSON(), kind: error.kind, message: error.message })

/** Jobs of the connection pause until a person signs it in again; `reason` is redacted here. */
export const pauseForSignIn = (engine: Engine, connectionId: string, reason: string): Promise<void> =>
  updateConnection(engine.database.db, connectionId, {
    status: 'needs_reconnect',
    statusReason: engine.redact(connectionId, reason),
  })
