import type { Fields } from '../contract.ts'
import { crmError, type Fault } from '../errors.ts'
import { checkBaseUrl } from '../http/address.ts'
import { factOf } from '../http/context.ts'
import { type AnyProvider, settingsCompletion } from '../registry/index.ts'

/** A connection's settings with the host's defaults, checked. Throws `invalid` with every fault and its pointer. */
export const checkedSettings = (
  provider: AnyProvider,
  given: Fields,
  defaults: Readonly<Record<string, string>> | undefined,
  allowPrivate: boolean,
): Fields => {
  const { settings, faults: found } = settingsCompletion(provider.settings)(given, defaults)
  const faults = found.map((fault) => ({ ...fault, pointer: `/settings${fault.pointer ?? ''}` }))
  if (faults.length > 0) {
    const message = faults.map(({ pointer, message: text }) => `${pointer}: ${text}`).join('; ')
    throw crmError('invalid', `The settings do not fit ${provider.title}: ${message}.`, {
      provider: provider.id,
      faults,
      pointer: faults[0]?.pointer ?? '/settings',
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
