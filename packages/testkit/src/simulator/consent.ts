/** What a simulated CRM asks a person before an app may come in. */
export interface ConsentRequest {
  /** Heading of the page: the CRM's name. */
  readonly title: string
  /** The app that asks. */
  readonly app: string
  readonly scopes: readonly string[]
  /** Address that the decision is posted to; relative to the page, or absolute. */
  readonly action: string
  /** What the page must remember until then, as hidden inputs. */
  readonly fields: Readonly<Record<string, string>>
}

/**
 * The consent page of a simulator, as HTML: one form that posts `fields` and `decision`, 'grant' or 'deny'. Everything
 * that is given is escaped, because most of it comes from a query string.
 */
export const consentPage = ({ title, app, scopes, action, fields }: ConsentRequest): string =>
  [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><title>${escaped(title)}</title></head>`,
    '<body>',
    `<h1>${escaped(title)}</h1>`,
    `<p><strong>${escaped(app)}</strong> asks for:</p>`,
    `<ul>${scopes.map((scope) => `<li>${escaped(scope)}</li>`).join('')}</ul>`,
    `<form method="post" action="${escaped(action)}">`,
    ...Object.entries(fields).map(
      ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
    ),
    '<button type="submit" name="decision" value="grant">Grant access</button>',
    '<button type="submit" name="decision" value="deny">Deny</button>',
    '</form>',
    '</body>',
    '</html>',
  ].join('\n')

/**
 * Decides as a person at the consent page would: opens `url`, submits its form and answers the address that the CRM
 * then redirects to, which nobody visits. Fails where the CRM shows no such page or does not redirect.
 */
export const giveConsent = async (
  url: string,
  { decision = 'grant' }: { readonly decision?: 'grant' | 'deny' } = {},
): Promise<string> => {
  const opened = await openPage(url)
  if ('leadsTo' in opened) return opened.leadsTo
  const form = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(opened.html)
  if (form === null) throw new Error(`No consent page: ${opened.status} ${opened.html.slice(0, 200)}`)
  const [, head = '', inside = ''] = form
  const body = new URLSearchParams()
  for (const [, input = ''] of inside.matchAll(/<input\b([^>]*)>/gi)) {
    const name = attribute(input, 'name')
    if (name !== undefined) body.append(name, attribute(input, 'value') ?? '')
  }
  body.append('decision', decision)
  const target = new URL(attribute(head, 'action') ?? '', opened.url)
  const response = await fetch(target, { method: 'POST', body, redirect: 'manual' })
  const location = response.headers.get('location')
  if (location === null) throw new Error(`No redirect after consent: ${response.status} ${await excerpt(response)}`)
  return new URL(location, target).href
}

const MOST_REDIRECTS = 5

/** Follows redirects within the CRM; one that leads out of it is the CRM's answer already. */
const openPage = async (
  start: string,
): Promise<{ readonly leadsTo: string } | { readonly url: URL; readonly status: number; readonly html: string }> => {
  let url = new URL(start)
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const response = await fetch(url, { redirect: 'manual' })
    const location = response.headers.get('location')
    if (location === null) return { url, status: response.status, html: await response.text() }
    const next = new URL(location, url)
    if (next.origin !== url.origin) return { leadsTo: next.href }
    url = next
  }
  throw new Error(`More than ${MOST_REDIRECTS} redirects from ${start}`)
}

const excerpt = async (response: Response): Promise<string> => (await response.text()).slice(0, 200)

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

const unescaped = (text: string): string =>
  text.replace(
    /&(?:amp|lt|gt|quot|#39);/g,
    (entity) => Object.keys(ENTITIES).find((character) => ENTITIES[character] === entity) ?? entity,
  )

const attribute = (tag: string, name: string): string | undefined => {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`, 'i').exec(tag)?.[1]
  return value === undefined ? undefined : unescaped(value)
}
