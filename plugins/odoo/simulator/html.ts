/**
 * What Odoo's sanitizer leaves of a text: no scripts, no event handlers, no `data-` attributes of others, no control
 * characters; classes stay. Bare text becomes a paragraph, and all that stands around a signature mark gets marked as
 * a quotation.
 */
export const sanitizeHtml = (html: string): string => {
  const tokens = html
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML knows none of them
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, '')
    .replace(/<!--[\s\S]*?-->/g, '')
    .match(/<\/?[a-z][^<>]*>|[^<]+|</gi)
  const isQuoted = /(?:^|>)-- ?(?:<br|$)/.test(html)
  const clean = (tokens ?? []).map((token) => (isTag(token) ? cleanTag(token, isQuoted) : cleanText(token))).join('')
  return /^\s*</.test(clean) || clean === '' ? clean : `<p>${clean}</p>`
}

const isTag = (token: string): boolean => /^<\/?[a-z]/i.test(token) && token.endsWith('>')

const cleanTag = (tag: string, isQuoted: boolean): string => {
  const [, slash = '', name = '', rest = ''] = /^<(\/?)([a-z][a-z0-9]*)([\s\S]*?)\/?>$/i.exec(tag) ?? []
  if (slash !== '') return `</${name.toLowerCase()}>`
  const attributes = [...rest.matchAll(/([a-z][\w-]*)\s*=\s*"([^"]*)"/gi)].flatMap(([, key = '', value = '']) => {
    if (!SAFE.has(key.toLowerCase())) return []
    const isScript = key.toLowerCase() === 'href' && /^\s*javascript:/i.test(value)
    return [`${key.toLowerCase()}="${isScript ? '' : value.replaceAll('&quot;', '%22')}"`]
  })
  const quote = isQuoted ? ['data-o-mail-quote="1"'] : []
  return `<${[name.toLowerCase(), ...attributes, ...quote].join(' ')}>`
}

const SAFE = new Set(['class', 'title', 'id', 'name', 'href', 'target', 'rel', 'style', 'src', 'alt', 'summary'])

const cleanText = (text: string): string =>
  text
    .replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (entity, name: string) => decode(name.toLowerCase()) ?? entity)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replaceAll('\u00a0', '&nbsp;')

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }

const decode = (name: string): string | undefined => {
  if (!name.startsWith('#')) return ENTITIES[name]
  const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}
