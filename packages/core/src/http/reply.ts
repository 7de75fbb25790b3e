import type { Reply } from '../contract.ts'
import type { HttpResponse } from './transport.ts'

/** A reply, and whether its body is what it claims to be. */
export interface ReadReply {
  readonly reply: Reply
  /** False for a web page, cut JSON, or anything else that an API does not answer with. */
  readonly isReadable: boolean
}

/**
 * Reads a body leniently: JSON whatever its content type says; text where it is neither JSON nor meant to be; undefined
 * where there is none. Never throws.
 */
export const readReply = ({ status, headers, body }: HttpResponse): ReadReply => {
  const text = body.toString('utf8').replace(/^\uFEFF/, '')
  const trimmed = text.trim()
  if (trimmed === '') return { reply: { status, headers, body: undefined }, isReadable: true }
  const type = headers['content-type'] ?? ''
  const claimsJson = /\bjson\b/i.test(type)
  if (claimsJson || /^[[{]/.test(trimmed)) {
    try {
      return { reply: { status, headers, body: JSON.parse(trimmed) }, isReadable: true }
    } catch {
      return { reply: { status, headers, body: text }, isReadable: false }
    }
  }
  const isPage = /\bhtml\b/i.test(type) || /^<(!doctype\s+html|html|head|body)\b/i.test(trimmed)
  return { reply: { status, headers, body: text }, isReadable: !isPage }
}

/** The beginning of a body, on one line, for an error message. */
export const excerpt = (body: unknown, length = 200): string => {
  if (body === undefined) return ''
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return text.replace(/\s+/g, ' ').trim().slice(0, length)
}
