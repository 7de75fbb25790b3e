/** Replaces secrets in whatever is about to be shown, logged or stored. */
export interface Redactor {
  text(text: string): string
  /** Any JSON value: every string in it, and whole values under names that hold secrets. */
  json(value: unknown): unknown
}
