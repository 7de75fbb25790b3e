import { CALL_FIELDS, type CallFields, parseCall, renderNotes } from './call-body.ts'
import { withoutKeptLinks } from './kept-links.ts'

const LABELS = CALL_FIELDS.filter((name) => name !== 'body').join('|')
const LINE = new RegExp(`^\\[(${LABELS})\\] (.*)$`, 'gm')

/** What an event's description says. It is HTML since Odoo 15, and was plain text before. */
export const parseDescription = (text: string, isHtml: boolean): CallFields => {
  if (isHtml) return parseCall(text)
  const plain = withoutKeptLinks(text)
  const said = Object.fromEntries([...plain.matchAll(LINE)].map(([, name = '', value = '']) => [name, value]))
  const body = plain.replace(LINE, '').trim()
  return { ...said, ...(body === '' ? {} : { body }) }
}

/** A description that says it, as HTML or as text with a line for each field that Odoo does not have. */
export const renderDescription = (fields: CallFields, isHtml: boolean): string => {
  if (isHtml) return renderNotes(fields)
  const lines = CALL_FIELDS.flatMap((name) => {
    const value = fields[name]
    return name === 'body' || value === undefined || value === null ? [] : [`[${name}] ${value}`]
  })
  return [...(typeof fields.body === 'string' ? [fields.body] : []), ...lines].join('\n')
}
