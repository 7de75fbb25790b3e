import { compile } from 'html-to-text'
import { textOf } from '../remote-value.ts'
import type { Transform } from './transform.ts'

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const NO_MARKUP = /^[^<&]*$/

/** Text as HTML that shows the same: special characters escaped, line breaks and runs of blanks kept. */
export const toHtml = (text: string): string =>
  text
    .replace(/[&<>]/g, (character) => ENTITIES[character] ?? character)
    .replace(/\t/g, '    ')
    .replace(/\r\n/g, '\n')
    .replace(/(?<=^|[ \n]) | (?=$|\n)/g, '&nbsp;')
    .replaceAll('\n', '<br>')

/** The remote side is HTML, the canonical one text. Going back, the text is escaped; formatting is lost for good. */
export const html = (): Transform => {
  const convert = compile({
    wordwrap: false,
    selectors: [
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['(', ')'] } },
      { selector: 'img', format: 'skip' },
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  })
  return {
    pull: (value) => {
      const source = textOf(value) ?? ''
      const text = NO_MARKUP.test(source) ? source.trim() : convert(source).replaceAll('\u00a0', ' ')
      return text === '' ? null : text
    },
    push: (value) => toHtml(value as string),
  }
}
