import { matchPath } from './route.ts'
import type { FaultEffect, FaultRule, Faults } from './types.ts'

/** The rules that a test has set, and the choice of the one that a request falls under. */
export interface FaultList extends Faults {
  /** The effect of the first rule that takes the request; uses up one of its turns. */
  next(request: { readonly method: string; readonly path: string; readonly body: string }): FaultEffect | undefined
}

/** Makes an empty list; `random` decides for rules with a probability. */
export const faultList = (random: () => number): FaultList => {
  let rules: { readonly rule: FaultRule; turnsLeft: number }[] = []
  return {
    add: (rule) => {
      rules.push({ rule, turnsLeft: rule.times ?? Number.POSITIVE_INFINITY })
    },
    clear: () => {
      rules = []
    },
    next: (request) => {
      for (const entry of rules) {
        const { rule } = entry
        if (entry.turnsLeft <= 0 || !takes(rule, request)) continue
        if (rule.probability !== undefined && random() >= rule.probability) continue
        entry.turnsLeft -= 1
        return rule.effect
      }
      return undefined
    },
  }
}

const takes = (rule: FaultRule, request: { readonly method: string; readonly path: string; readonly body: string }) =>
  (rule.method === undefined || rule.method === request.method) &&
  (rule.path === undefined || takesPath(rule.path, request.path)) &&
  (rule.body === undefined || matches(rule.body, request.body))

const takesPath = (wanted: string | RegExp, path: string): boolean =>
  typeof wanted === 'string' ? matchPath(wanted, path) !== undefined : matches(wanted, path)

/** Independent of `lastIndex`, which a global expression would carry from one request to the next. */
const matches = (pattern: RegExp, text: string): boolean => text.search(pattern) !== -1
