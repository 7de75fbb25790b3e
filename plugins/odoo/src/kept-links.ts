import type { Link } from '@raccordo/core/plugin'

/** A link that Odoo has no relation for: it is told in the text of the record, for people and for the next read. */
export interface KeptLink extends Link {
  readonly name: string
}

const LABELS: Readonly<Record<string, string>> = { contact: 'Contact', company: 'Company', deal: 'Opportunity' }
const TYPES = ['contact', 'company', 'deal'] as const

const HTML_LINE = /<p\b[^>]*\bclass="[^"]*raccordo_link_(contact|company|deal)\b[^"]*"[^>]*>([\s\S]*?)<\/p>/g
const TEXT_LINE = /^(Contact|Company|Opportunity) \(linked\): .*#(\d+)$/gm

/** The links that a text keeps. */
export const keptLinks = (text: string): readonly Link[] => {
  const inHtml = [...text.matchAll(HTML_LINE)].flatMap(([, type, content = '']): Link[] => {
    const id = /#(\d+)\s*(?:<|$)/.exec(content)?.[1]
    return id === undefined ? [] : [{ type: type as Link['type'], remoteId: id }]
  })
  const inText = [...text.matchAll(TEXT_LINE)].flatMap(([, label, id = '']): Link[] => {
    const type = TYPES.find((candidate) => LABELS[candidate] === label)
    return type === undefined ? [] : [{ type, remoteId: id }]
  })
  return [...inHtml, ...inText]
}

/** Which links are kept after a push: what it names goes before what was kept, and what Odoo tells by itself is not kept. */
export const linksToKeep = (pushed: readonly Link[], before: readonly Link[], told: readonly Link[]): readonly Link[] =>
  TYPES.flatMap((type) => {
    const ofType = (links: readonly Link[]) => links.find((link) => link.type === type)
    const wanted = ofType(pushed) ?? ofType(before)
    return wanted === undefined || told.some((link) => link.type === type && link.remoteId === wanted.remoteId)
      ? []
      : [wanted]
  })

/** The links of a record: what is kept goes before what Odoo tells of the same type. */
export const linksWith = (kept: readonly Link[], told: readonly Link[]): readonly Link[] => [
  ...kept,
  ...told.filter(({ type }) => !kept.some((link) => link.type === type)),
]

/** The text without the lines that keep links. */
export const withoutKeptLinks = (text: string): string => text.replace(HTML_LINE, '').replace(TEXT_LINE, '').trimEnd()

/** The text with lines that keep these links and no others. */
export const withKeptLinks = (text: string, links: readonly KeptLink[], isHtml: boolean): string => {
  const lines = links.map(({ type, remoteId, name }) => {
    const said = `${LABELS[type]} (linked): ${name.replaceAll('\n', ' ')} #${remoteId}`
    return isHtml ? `<p class="raccordo_link_${type}">${escapeHtml(said)}</p>` : said
  })
  const rest = withoutKeptLinks(text)
  if (lines.length === 0) return rest
  return isHtml ? `${rest}${lines.join('')}` : [...(rest === '' ? [] : [rest]), ...lines].join('\n')
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
