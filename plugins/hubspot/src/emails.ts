import { htmlOf, plainOf } from './html.ts'
import type { Properties } from './properties.ts'

const HTML = 'hs_email_html'
const TEXT = 'hs_email_text'

/** An e-mail's text is kept twice, as HTML and plain. */
export const EMAIL_TEXTS: readonly string[] = [HTML, TEXT]

/** An e-mail as it is mapped: its HTML, or its plain text as HTML where it has no other. */
export const emailFields = (properties: Properties): Properties => {
  const text = properties[TEXT]
  return HTML in properties || TEXT in properties
    ? { ...properties, [HTML]: properties[HTML] || (text ? htmlOf(text) : null) }
    : properties
}

/** An e-mail as HubSpot keeps it: both texts say the same. A plain text that the mapping writes itself is left. */
export const emailProperties = (properties: Properties): Properties => {
  const html = properties[HTML]
  return html === undefined ? properties : { [TEXT]: plainOf(html ?? ''), ...properties }
}
