import type { Domain } from './transport.ts'

/** One of the objects that live in mail.message. */
export interface MessageKind {
  readonly kind: 'call' | 'note' | 'email'
  /** Remote object's name; the model's own would not be unique. */
  readonly name: string
  readonly domain: Domain
}

/** How the Message-Ids of our calls begin. */
export const CALL_MARK = '<raccordo-call-'
/** How the Message-Ids of our notes begin. */
export const NOTE_MARK = '<raccordo-note-'

/** Chatters that are read. Messages of other documents, and those of chats, are no business of a CRM. */
const CHATTERS: Domain = [['model', 'in', ['res.partner', 'crm.lead']]]

/** Calls that the plugin wrote: Odoo has no object for a call that took place. */
export const CALLS: MessageKind = {
  kind: 'call',
  name: 'mail.message',
  domain: [['message_id', '=like', `${CALL_MARK}%`]],
}

/** All that people write into a chatter. What Odoo logs by itself (`notification`: changes, creations) is no activity. */
export const NOTES: MessageKind = {
  kind: 'note',
  name: 'mail.message.note',
  domain: [['message_type', '=', 'comment'], ...CHATTERS, '!', ['message_id', '=like', `${CALL_MARK}%`]],
}

/** E-mails that came in, or that a mailing sent out. */
export const EMAILS: MessageKind = {
  kind: 'email',
  name: 'mail.message.email',
  domain: [['message_type', 'in', ['email', 'email_outgoing']], ...CHATTERS],
}
