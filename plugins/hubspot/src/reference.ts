/**
 * Activities have no unique property and HubSpot has no idempotency key, so an activity bears the row's marker in the
 * last paragraph of its text. It is put there with every write of the text and taken off with every read.
 */
export const withReference = (body: string, marker: string): string =>
  `${body}<p>${LABEL}${encodeURIComponent(marker)}</p>`

/** The marker in a text, if there is one. */
export const referenceOf = (body: string | null | undefined): string | undefined => {
  const marker = REFERENCE.exec(body ?? '')?.[1]
  return marker === undefined ? undefined : decoded(marker)
}

/** The text without its reference, wherever a user's editing has moved it; null where nothing else is left. */
export const withoutReference = (body: string | null): string | null => {
  if (body === null || !body.includes(LABEL)) return body
  const rest = body.replace(REFERENCE_PARAGRAPH, '').replace(REFERENCE, '')
  return rest.trim() === '' ? null : rest
}

const LABEL = 'Ref: raccordo/'
const REFERENCE = /Ref: raccordo\/([^\s<&]+)/
const REFERENCE_PARAGRAPH =
  /(?:\r?\n)?<(p|div)\b[^>]*>\s*(?:<span\b[^>]*>\s*)?Ref: raccordo\/[^\s<&]+\s*(?:<\/span>\s*)?<\/\1>/

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
