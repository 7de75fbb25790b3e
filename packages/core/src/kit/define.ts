import type { Provider } from '../contract.ts'

const freeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) freeze(member)
  return Object.freeze(value)
}

/** Types and deeply freezes a provider. `Settings` is inferred from the annotation: `defineProvider<MySettings>({ … })`. */
export const defineProvider = <Settings extends object>(provider: Provider<Settings>): Provider<Settings> =>
  freeze(provider)
