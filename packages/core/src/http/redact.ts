/** Replaces secrets in whatever is about to be shown, logged or stored. */
export interface Redactor {
  text(text: string): string
  /** Any JSON value: every string in it, and whole values under names that hold secrets. */
  json(value: unknown): unknown
}

/** What stands in a secret's place. */
export const REDACTED = '[redacted]'

/** Shorter strings are not replaced by value: they would blot out half of every text. */
const SHORTEST_SECRET = 4

const SECRET_NAME =
  /(authorization|cookie|passw(or)?d|secret|api[-_]?key|private[-_]?key|(access|refresh|id|auth|bearer|session)[-_]?token|^token$|credential|code[-_]?verifier)/i

const NAMED_IN_TEXT =
  /(["']?(?:[\w-]*(?:authorization|cookie|passw(?:or)?d|secret|api[-_]?key|private[-_]?key|(?:access|refresh|id|auth|bearer|session)[-_]?token|credential|code[-_]?verifier)[\w-]*|\btoken)["']?\s*[:=]\s*)(?:"(?:[^"\\]|\\.)*"|'[^']*'|(?:bearer|basic|[\w-]*oauthtoken)\s+[^\s,;&"']+|[^\s,;&"'})\]]+)/gi

/** Cheap test that spares most texts the expression above. */
const MAY_NAME_SECRET = /authorization|cookie|passw|secret|api[-_]?key|private[-_]?key|token|credential|verifier/i

/**
 * Redacts by value, every string in `secrets` (sessions, credentials: any JSON values) of four characters or more, as it
 * is and URL-encoded, in Base64 (also inside a longer Base64 text, as in Basic authentication) and JSON-escaped; and by
 * name whatever stands beside a word like "password" or "access_token".
 */
export const createRedactor = (...secrets: readonly unknown[]): Redactor => {
  const values = [...new Set(secrets.flatMap(stringsIn))].filter((value) => value.length >= SHORTEST_SECRET)
  const forms = [...new Set(values.flatMap(formsOf))].sort((left, right) => right.length - left.length)
  const byValue = forms.length === 0 ? undefined : new RegExp(forms.map(escapeRegExp).join('|'), 'g')

  const withoutValues = (text: string): string => (byValue === undefined ? text : text.replace(byValue, REDACTED))
  const text = (given: string): string => {
    const clean = withoutValues(given)
    return MAY_NAME_SECRET.test(clean) ? clean.replace(NAMED_IN_TEXT, `$1${REDACTED}`) : clean
  }
  const json = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(json)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        withoutValues(name),
        SECRET_NAME.test(name) && member !== null && member !== undefined ? REDACTED : json(member),
      ]),
    )
  }
  return { text, json }
}

const stringsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(stringsIn)
}

const formsOf = (secret: string): readonly string[] => {
  const url = encodeURIComponent(secret)
  const escaped = JSON.stringify(secret).slice(1, -1)
  const plain = [
    secret,
    url,
    new URLSearchParams([['', secret]]).toString().slice(1),
    lowerEscapes(url),
    escaped,
    escaped.replaceAll('/', '\\/'),
  ]
  return [...plain, ...base64Forms(secret)].filter((form) => form.length >= SHORTEST_SECRET)
}

const lowerEscapes = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase())

/**
 * The characters that a secret makes in Base64 by itself, for each of the three places where it may begin inside a
 * longer text: those that share bits with a neighbour are left out.
 */
const base64Forms = (secret: string): readonly string[] => {
  const bytes = Buffer.from(secret, 'utf8')
  const inner = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const shared = (before + bytes.length) % 3 === 0 ? 0 : 1
    return encoded.slice(Math.ceil((before * 4) / 3), encoded.length - shared)
  })
  const longEnough = inner.filter((form) => form.length >= 6)
  const whole = bytes.toString('base64')
  return [whole, ...longEnough].flatMap((form) => [
    form,
    form.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
  ])
}

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
