import type { Behaviour } from './behaviours.ts'
import { displayName } from './computed.ts'
import { type Environment, partnerOfUser, rowOf } from './environment.ts'
import { sanitizeHtml } from './html.ts'
import { accessError, missingError } from './odoo-error.ts'
import type { Values } from './store.ts'

const model = 'mail.message'

/** Id of the subtype "Note" (`mail.mt_note`), which nobody is notified of. */
export const NOTE_SUBTYPE = 2

/** Author, sender, Message-Id and date, where the client names none; the document must exist. */
const beforeMessageCreate = (env: Environment, given: Values): Values => {
  const { model: document, res_id: id } = given
  if (typeof document === 'string' && document !== '') {
    if (rowOf(env, document, Number(id)) === undefined) throw missingError(document, [Number(id)], env.uid)
  }
  const author = partnerOfUser(env)
  const { name, email } = rowOf(env, 'res.partner', author) ?? {}
  return {
    message_type: 'comment',
    subtype_id: false,
    is_internal: false,
    author_id: author,
    email_from: typeof email === 'string' ? `"${name}" <${email}>` : false,
    message_id: `<${env.stamp}.${env.store.table(model).size}-openerp-private@simulator>`,
    date: new Date(env.stamp / 1_000).toISOString().slice(0, 19).replace('T', ' '),
    record_name: typeof document === 'string' && typeof id === 'number' ? displayName(env, document, id) : false,
    ...given,
  }
}

/** A message stays where it was posted, but for administrators (since Odoo 17). */
const beforeMessageWrite = (env: Environment, _: number, given: Values): Values => {
  const moves = given['model'] !== undefined || given['res_id'] !== undefined
  if (moves && env.version >= 17 && !env.isAdmin)
    throw accessError("Only administrators can modify 'model' and 'res_id' fields.")
  return given
}

/** A message that Odoo itself writes. */
export const createMessage = (env: Environment, given: Values): void => {
  const message = env.store.nextId(model)
  const stamps = { create_date: env.stamp, write_date: env.stamp, create_uid: env.uid, write_uid: env.uid }
  env.store.put(model, message, { ...beforeMessageCreate(env, given), date: env.stamp, ...stamps })
}

/** The note that Odoo itself leaves in a chatter. */
export const logNote = (env: Environment, document: string, id: number, body: string): void =>
  createMessage(env, { model: document, res_id: id, body, message_type: 'notification', subtype_id: NOTE_SUBTYPE })

/** Whether a user may see a message: one's own, and those of documents that one may see; notices only if they are one's own. */
export const maySeeMessage = (env: Environment, values: Values, maySee: (model: string) => boolean): boolean => {
  if (env.isAdmin || values['author_id'] === partnerOfUser(env)) return true
  const document = values['model']
  return typeof document === 'string' && values['message_type'] !== 'user_notification' && maySee(document)
}

/** `message_post`: text is escaped since Odoo 17 unless `body_is_html`, and was HTML before. */
export const postedValues = (env: Environment, document: string, id: number, options: Values): Values => {
  const body = String(options['body'] ?? '')
  const isHtml = env.version < 17 || options['body_is_html'] === true
  const escaped = body.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const { message_type, subtype_xmlid, date, message_id, subject, email_from, author_id } = options
  return {
    model: document,
    res_id: id,
    body: sanitizeHtml(isHtml ? body : escaped),
    message_type: message_type ?? 'notification',
    subtype_id: subtype_xmlid === 'mail.mt_note' || env.version >= 17 ? NOTE_SUBTYPE : false,
    ...(date === undefined ? {} : { date }),
    ...(message_id === undefined ? {} : { message_id }),
    ...(subject === undefined ? {} : { subject }),
    ...(email_from === undefined ? {} : { email_from }),
    ...(author_id === undefined ? {} : { author_id }),
  }
}

export const messageBehaviour: Behaviour = { beforeCreate: beforeMessageCreate, beforeWrite: beforeMessageWrite }
