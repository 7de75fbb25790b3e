declare module 'pino-roll' {
  interface RollOptions {
    readonly file: string
    /** "20m": twenty megabytes. */
    readonly size?: string
    readonly mkdir?: boolean
    readonly sync?: boolean
    readonly limit?: { readonly count: number; readonly removeOtherLogFiles?: boolean }
  }
  interface RollingStream {
    /** The numbered file that it writes now. */
    readonly file: string
    write(text: string): boolean
    end(): void
    on(event: 'ready' | 'close', listener: () => void): void
    on(event: 'error', listener: (error: Error) => void): void
  }
  const roll: (options: RollOptions) => Promise<RollingStream>

  export = roll
}
