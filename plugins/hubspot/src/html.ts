const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&nbsp;': ' ',
  '&amp;': '&',
}

/** Text as HTML that shows the same. */
export const htmlOf = (text: string): string =>
  text
    .replace(/[&<>]/g, (character) => ESCAPES[character] ?? character)
    .replace(/\r\n/g, '\n')
    .replaceAll('\n', '<br>')

/** The words of simple HTML, a line for each paragraph and break. */
export const plainOf = (html: string): string =>
  html
    .replace(/\r?\n/g, ' ')
    .replace(/<br\s*\/?>|<\/(p|div|li|h[1-6]|tr)>/gi, '\n')
    .replace(/<(style|script)\b[\s\S]*?<\/\1>/gi, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&(lt|gt|quot|#39|nbsp|amp);/g, (entity) => ENTITIES[entity] ?? entity)
    .trim()
