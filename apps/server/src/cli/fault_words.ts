/** A fault as the host and the server tell it. */
export interface ToldFault {
  readonly pointer?: string
  readonly message?: string
  readonly remedy?: string
}

/** One fault in a line: where, what, and what to do. Many messages name the place themselves. */
export const faultWords = ({ pointer = '', message = '', remedy = '' }: ToldFault): string => {
  const place = pointer === '' || message.startsWith(pointer) ? '' : `${pointer} `
  const end = /[.!?]$/.test(message) || remedy === '' ? '' : '.'
  return `${place}${message}${end} ${remedy}`.trim()
}
