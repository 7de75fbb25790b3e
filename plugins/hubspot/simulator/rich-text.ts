const REFERENCE = /<(p|div)\b[^>]*>\s*(?:<span\b[^>]*>\s*)?Ref: raccordo\/[^\s<&]+\s*(?:<\/span>\s*)?<\/\1>/g
const HEADING = /^\s*<p\b[^>]*>\s*<(strong|b)\b[^>]*>([^<]*(?:<br\s*\/?>[^<]*)*)<\/\1>\s*<\/p>/i

/** Text as a user's editor makes it: a paragraph for each line. */
export const htmlOf = (text: string): string =>
  text
    .split('\n')
    .map((line) => `<p>${escaped(line)}</p>`)
    .join('')

/** What a reader sees of it, without the reference that integrations leave; null where nothing else is there. */
export const textOf = (html: string): string | null => {
  const lines = html
    .replace(REFERENCE, '')
    .replace(/<br\s*\/?>|<\/p>\s*(?=<p\b)/gi, '\n')
    .replace(/<[^>]*>/g, '')
  const text = lines
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
    .trim()
  return text === '' ? null : text
}

/** A note with a heading: notes have no title of their own. */
export const headed = (subject: string | null, html: string): string =>
  subject === null || subject === '' ? html : `<p><strong>${escaped(subject)}</strong></p>${html}`

/** A note's heading and the rest. Where nothing is left below a person's heading, it is no heading. */
export const beheaded = (html: string): { readonly subject: string | null; readonly rest: string } => {
  const heading = HEADING.exec(html)
  const rest = html.slice(heading?.[0].length ?? 0)
  if (heading === null || rest === '') return { subject: null, rest: html }
  return { subject: textOf(heading[2] ?? ''), rest }
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
