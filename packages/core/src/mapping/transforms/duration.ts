import type { Json } from '../../contract.ts'
import { textOf } from '../remote-value.ts'
import type { Making, Transform } from './transform.ts'

const CLOCK = /^(?:(\d+):)?(\d+):([0-5]?\d)$/

const secondsOf = (value: Json, unit: string): number | undefined => {
  const text = (textOf(value) ?? '').trim()
  const clock = CLOCK.exec(text)
  if (clock !== null) {
    const seconds = Number(clock[1] ?? 0) * 3600 + Number(clock[2]) * 60 + Number(clock[3])
    return Number.isSafeInteger(seconds) ? seconds : undefined
  }
  const amount = text === '' ? Number.NaN : Number(text)
  const seconds = Math.round(unit === 'ms' ? amount / 1000 : amount)
  return Number.isSafeInteger(seconds) ? seconds : undefined
}

/** Whole seconds from ms, s or `mm:ss` (and `h:mm:ss`), as `unit` says; `s`, if absent. */
export const duration = ({ options }: Making): Transform => {
  const unit = options.unit ?? 's'
  return {
    pull: (value, scope) => {
      const seconds = secondsOf(value, unit)
      if (seconds === undefined) scope.warn('is no duration')
      return seconds === undefined ? null : seconds + 0
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
