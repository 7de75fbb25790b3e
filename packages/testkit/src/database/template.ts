import type { PGlite } from '@electric-sql/pglite'

/** A database as the engine's `openDatabase` takes it. */
export type TestSource = { readonly url: string } | { readonly pglite: PGlite }

/** What a database starts from: prepared once, then copied for whoever asks. */
export interface Template {
  /** Tells templates of one run apart: lower-case letters, digits and `_`. */
  readonly name: string
  /** Brings an empty database into the state to start from, say by running migrations. It may close what it was given. */
  prepare(source: TestSource): Promise<void>
}
