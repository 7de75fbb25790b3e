import type { VendorEvent } from './vendor-event.ts'

/** Objects that events may be about: this plugin's name of each, what HubSpot calls one of them, and its type id. */
const OBJECTS: readonly { readonly name: string; readonly words: readonly string[]; readonly typeId: string }[] = [
  { name: 'contacts', words: ['contact'], typeId: '0-1' },
  { name: 'companies', words: ['company'], typeId: '0-2' },
  { name: 'deals', words: ['deal'], typeId: '0-3' },
  { name: 'tasks', words: ['task'], typeId: '0-27' },
  { name: 'notes', words: ['note'], typeId: '0-46' },
  { name: 'meetings', words: ['meeting', 'meeting_event'], typeId: '0-47' },
  { name: 'calls', words: ['call'], typeId: '0-48' },
  { name: 'emails', words: ['email'], typeId: '0-49' },
]

export const objectOfTypeId = (typeId: unknown): string | undefined =>
  OBJECTS.find((object) => object.typeId === typeId)?.name

export const objectOfWord = (word: string): string | undefined =>
  OBJECTS.find((object) => object.words.includes(word.toLowerCase()))?.name

/** The object of a `contact.creation` or, by its type id, of an `object.creation`; undefined for one that is not moved. */
export const objectOfEvent = (event: VendorEvent, word: string): string | undefined =>
  word === 'object' ? objectOfTypeId(event.objectTypeId) : objectOfWord(word)

/** The objects of both ends of an association: by their type ids, else by its name, CONTACT_TO_COMPANY. */
export const objectsOfAssociation = (
  event: VendorEvent,
): { readonly from: string | undefined; readonly to: string | undefined } => {
  const [, from = '', to = ''] = /^(\w+?)_TO_(\w+)$/i.exec(String(event.associationType ?? '')) ?? []
  return {
    from: objectOfTypeId(event.fromObjectTypeId) ?? objectOfWord(from),
    to: objectOfTypeId(event.toObjectTypeId) ?? objectOfWord(to),
  }
}
