import type { Fields, Json } from '../contract.ts'
import { crmError, type Fault } from '../errors.ts'
import { checkBaseUrl } from '../http/address.ts'
import { factOf } from '../http/context.ts'
import { type AnyProvider, settingsCheck } from '../registry/index.ts'

/** Members that the engine takes for every connection, whether the plugin's schema names them or not. */
const ENGINE_MEMBERS = ['apiBaseUrl', 'authBaseUrl', 'limits'] as const

const declared = (schema: object): ReadonlySet<string> =>
  new Set(Object.keys((schema as { readonly properties?: object }).properties ?? {}))

const engineFaults = (settings: Fields, known: ReadonlySet<string>): readonly Fault[] =>
  ENGINE_MEMBERS.filter((name) => !known.has(name) && settings[name] !== undefined).flatMap((name): Fault[] => {
    const value = settings[name]
    const isRight =
      name === 'limits'
        ? typeof value === 'object' && value !== null && !Array.isArray(value)
        : typeof value === 'string'
    if (isRight) return []
    const wanted = name === 'limits' ? 'an object' : 'a URL'
    return [
      {
        pointer: `/settings/${name}`,
        message: `${name} is to be ${wanted}`,
        remedy: `Send ${wanted} or leave it out.`,
      },
    ]
  })

/** A connection's settings with the host's defaults, checked. Throws `invalid` with every fault and its pointer. */
export const checkedSettings = (
  provider: AnyProvider,
  given: Fields,
  defaults: Readonly<Record<string, string>> | undefined,
  allowPrivate: boolean,
): Fields => {
  const settings: Record<string, Json | undefined> = { ...defaults, ...given }
  const known = declared(provider.settings)
  const own = Object.fromEntries(
    Object.entries(settings).filter(
      ([name]) => known.has(name) || !(ENGINE_MEMBERS as readonly string[]).includes(name),
    ),
  )
  const faults = [
    ...settingsCheck(provider.settings)(own).map((fault) => ({ ...fault, pointer: `/settings${fault.pointer ?? ''}` })),
    ...engineFaults(settings, known),
  ]
  if (faults.length > 0) {
    const message = faults.map(({ pointer, message: text }) => `${pointer}: ${text}`).join('; ')
    throw crmError('invalid', `The settings do not fit ${provider.title}: ${message}.`, {
      provider: provider.id,
      faults,
      ...(faults[0]?.pointer === undefined ? {} : { pointer: faults[0].pointer }),
    })
  }
  checkBaseUrl(String(settings['apiBaseUrl'] ?? factOf<Fields, string>(provider.api.baseUrl, settings)), {
    allowPrivate,
  })
  if (settings['authBaseUrl'] !== undefined) checkBaseUrl(String(settings['authBaseUrl']), { allowPrivate })
  return settings
}

/** Names of the objects that are switched on: those asked for, by type or by name, or the plugin's own choice. */
export const chosenObjects = (provider: AnyProvider, wanted: readonly string[] | undefined): readonly string[] => {
  const objects = provider.objects
  if (wanted === undefined) return objects.filter(({ onByDefault }) => onByDefault !== false).map(({ name }) => name)
  const faults = wanted.flatMap((word, index): Fault[] =>
    objects.some(({ name, type }) => name === word || type === word)
      ? []
      : [
          {
            pointer: `/objects/${index}`,
            message: `${provider.title} has no object ${JSON.stringify(word)}`,
            remedy: `Use ${objects.map(({ name, type }) => `${name} (${type})`).join(', ')}.`,
          },
        ],
  )
  const [first] = faults
  if (first !== undefined) {
    throw crmError('invalid', `${first.message}. ${first.remedy}`, {
      provider: provider.id,
      faults,
      pointer: first.pointer ?? '/objects',
    })
  }
  // A type means what the plugin switches on of it; a name means just that.
  return objects
    .filter(({ name, type, onByDefault }) => wanted.includes(name) || (wanted.includes(type) && onByDefault !== false))
    .map(({ name }) => name)
}
