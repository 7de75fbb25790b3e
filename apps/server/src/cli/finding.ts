/** What one check of `doctor` found. */
export interface Finding {
  readonly check: string
  readonly result: 'ok' | 'warning' | 'failed'
  readonly detail: string
  readonly remedy?: string
}

export const ok = (check: string, detail: string): Finding => ({ check, result: 'ok', detail })
export const failed = (check: string, detail: string, remedy: string): Finding => ({
  check,
  result: 'failed',
  detail,
  remedy,
})
export const warning = (check: string, detail: string, remedy: string): Finding => ({
  check,
  result: 'warning',
  detail,
  remedy,
})
