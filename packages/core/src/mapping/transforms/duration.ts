import type { Json } from '../../contract.ts'
import { textOf } from '../remote-value.ts'
import type { Making, Transform } from './transform.ts'

const CLOCK = /^(?:(\d+):)?(\d+):([0-5]?\d)$/

const secondsOf = (value: Json, unit: string): number | undefined => {
  const text = (textOf(value) ?? '').trim()
  const clock = CLOCK.exec(text)
  if (clock !== null) return Number(clock[1] ?? 0) * 3600 + Number(clock[2]) * 60 + Number(clock[3])
  const amount = text === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(amount)) return undefined
  return Math.round(unit === 'ms' ? amount / 1000 : amount)
}

/** Whole seconds from ms, s or `mm:ss` (and `h:mm:ss`), as `unit` says; `s`, if absent. */
export const duration = ({ options }: Making): Transform => {
  const unit = options.unit ?? 's'
  return {
    pull: (value, scope) => {
      const seconds = secondsOf(value, unit)
      if (seconds === undefined) scope.warn('is no duration')
      return seconds ?? null
    },
    push: (value, scope) => {
      const seconds = value as number
      if (seconds < 0) {
        scope.refuse('A duration is not negative', 'Send the seconds that it took.')
        return undefined
      }
      if (unit === 'mm:ss') {
        return `${String(Math.trunc(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
      }
      const amount = unit === 'ms' ? seconds * 1000 : seconds
      return options.as === 'text' ? String(amount) : amount
    },
  }
}
