import { htmlOf, plainOf } from './html.ts'
import type { Properties } from './properties.ts'
import { referenceOf, withoutReference } from './reference.ts'

/**
 * HubSpot's notes have a text and no title. A subject is the first paragraph of that text, all in bold, and stands under
 * this name in a mapping: the same way round for notes that people write so. A note that is nothing but one bold
 * paragraph has it as its text, unless the reference shows that it was pushed as a subject.
 */
export const NOTE_SUBJECT = 'note_subject'

interface Parts {
  readonly subject: string | null
  readonly body: string | null
}

/** A note as it is mapped. */
export const noteFields = (properties: Properties): Properties => {
  if (properties['hs_note_body'] === undefined) return properties
  const { subject, body } = partsOf(properties['hs_note_body'])
  return { ...properties, hs_note_body: body, [NOTE_SUBJECT]: subject }
}

/** A note as HubSpot keeps it; the half that is not written comes from the note as it is. The reference comes later. */
export const noteProperties = (properties: Properties, current: Properties): Properties => {
  const { [NOTE_SUBJECT]: subject, ...rest } = properties
  const body = rest['hs_note_body']
  if (subject === undefined && body === undefined) return rest
  const kept = partsOf(current['hs_note_body'] ?? null)
  const heading = subject === undefined ? kept.subject : subject
  const text = (body === undefined ? kept.body : body) ?? ''
  return { ...rest, hs_note_body: heading ? `<p><strong>${htmlOf(heading)}</strong></p>${text}` : text }
}

/** What a change must know of the note: one half of its text where only the other is written. */
export const noteNeeds = (properties: Properties): readonly string[] =>
  (properties[NOTE_SUBJECT] === undefined) === (properties['hs_note_body'] === undefined) ? [] : ['hs_note_body']

const HEADING =
  /^((?:\s*<div\b[^>]*>)*)\s*<p\b[^>]*>\s*<(strong|b)\b[^>]*>((?:(?!<\/(?:strong|b|p)\b).)*)<\/\2>\s*<\/p>/is

const partsOf = (html: string | null): Parts => {
  const body = withoutReference(html)
  const heading = body === null ? null : HEADING.exec(body)
  if (heading === null || body === null) return { subject: null, body }
  const [whole, wrapper = '', , words = ''] = heading
  const subject = plainOf(words)
  const rest = wrapper + body.slice(whole.length)
  const isAlone = plainOf(rest) === ''
  if (subject === '' || (isAlone && referenceOf(html) === undefined)) return { subject: null, body }
  return { subject, body: isAlone ? null : rest }
}
