import type { Call } from '../contract.ts'
import { crmError } from '../errors.ts'

/**
 * URL of a call under a base URL, whose path is a prefix. Throws kind 'invalid' for a path that could lead to another
 * host or above the prefix. Query values are percent-encoded, blanks too: not every CRM reads a plus as a blank.
 */
export const callUrl = (baseUrl: string, call: Pick<Call, 'path' | 'query'>): URL => {
  const base = new URL(baseUrl)
  const [path = '', ownQuery = ''] = splitOnce(call.path, '?')
  if (!isPlainPath(path)) throw crmError('invalid', 'The path of a call must be a plain path on the host of the CRM.')
  const prefix = base.pathname.replace(/\/+$/, '')
  const url = new URL(base.origin)
  url.pathname = `${prefix}/${path.replace(/^\//, '')}`
  url.search = [ownQuery, queryText(call.query)].filter((part) => part !== '').join('&')
  return url
}

const isPlainPath = (path: string): boolean =>
  !/^\/\//.test(path) &&
  !/^[a-z][a-z0-9+.-]*:/i.test(path) &&
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a URL parser drops them, which hides what the path is
  !/[\\#\u0000-\u0020\u007f]/.test(path) &&
  !path.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))

const queryText = (query: Call['query'] = {}): string =>
  Object.entries(query)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
    )
    .join('&')

const splitOnce = (text: string, separator: string): readonly string[] => {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}

/**
 * Where a redirect leads, if it may be followed with credentials: the same host and port, and not from https to http.
 * Undefined otherwise.
 */
export const redirectTarget = (from: URL, location: string | undefined): URL | undefined => {
  if (location === undefined || !URL.canParse(location, from.href)) return undefined
  const target = new URL(location, from)
  const isSameHost = target.host === from.host && target.username === '' && target.password === ''
  return isSameHost && target.protocol === from.protocol ? target : undefined
}
