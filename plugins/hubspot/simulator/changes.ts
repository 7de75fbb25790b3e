import type { ObjectName } from './schema.ts'

/** Something that happened in the portal and that an app may have subscribed to. */
export type PortalChange =
  | {
      readonly kind: 'creation' | 'deletion' | 'restore' | 'privacyDeletion'
      readonly object: ObjectName
      readonly id: number
    }
  | {
      readonly kind: 'propertyChange'
      readonly object: ObjectName
      readonly id: number
      readonly property: string
      readonly value: string
    }
  | {
      readonly kind: 'merge'
      readonly object: ObjectName
      readonly id: number
      readonly mergedIds: readonly number[]
      readonly survivorId: number
    }
  | {
      readonly kind: 'associationChange'
      readonly object: ObjectName
      readonly id: number
      readonly to: ObjectName
      readonly toId: number
      readonly isRemoved: boolean
      readonly isPrimary: boolean
    }

/** Who did it: a user in HubSpot's own pages, a client of the API, a file. */
export type ChangeSource = 'CRM_UI' | 'INTEGRATION' | 'IMPORT'

export interface DatedChange {
  readonly change: PortalChange
  readonly source: ChangeSource
  readonly atMs: number
}

/** Where the portal's parts say what they changed. */
export interface Changes {
  tell(change: PortalChange): void
  /** Everything that `run` changes, synchronously, is the doing of `source`; what comes by the API is an integration's. */
  as<T>(source: ChangeSource, run: () => T): T
  listen(listener: (dated: DatedChange) => void): void
}

export const makeChanges = (now: () => Date): Changes => {
  const listeners: ((dated: DatedChange) => void)[] = []
  let source: ChangeSource = 'INTEGRATION'
  return {
    tell: (change) => {
      for (const listener of listeners) listener({ change, source, atMs: now().getTime() })
    },
    as: (other, run) => {
      const before = source
      source = other
      try {
        return run()
      } finally {
        source = before
      }
    },
    listen: (listener) => {
      listeners.push(listener)
    },
  }
}
