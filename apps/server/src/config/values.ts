import { isAddress } from '../http/address_list.ts'

/** What came of reading a variable: its value, or what is wrong with it and what would be right. */
export type Reading<T> = { readonly value: T } | { readonly message: string; readonly remedy: string }
export type Reader<T> = (text: string) => Reading<T>

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']
const FERNET_KEY = /^[A-Za-z0-9+/_-]{43}=?$/
const LEAST_KEY_LETTERS = 16

export const text: Reader<string> = (value) => ({ value })

export const number =
  (least: number, most: number, whole: boolean, remedy: string): Reader<number> =>
  (value) => {
    const read = Number(value)
    const isFine = read >= least && read <= most && (!whole || Number.isInteger(read))
    return isFine ? { value: read } : { message: `is "${value}", which is not such a number`, remedy }
  }

export const flag: Reader<boolean> = (value) => {
  const read = { '1': true, true: true, yes: true, '0': false, false: false, no: false }[value.toLowerCase()]
  return read === undefined ? { message: `is "${value}"`, remedy: 'Use 1 or 0.' } : { value: read }
}

export const level: Reader<string> = (value) =>
  LEVELS.includes(value.toLowerCase())
    ? { value: value.toLowerCase() }
    : { message: `is "${value}"`, remedy: `Use one of ${LEVELS.join(', ')}.` }

export const webUrl: Reader<string> = (value) => {
  const url = URL.parse(value)
  const isFine = (url?.protocol === 'http:' || url?.protocol === 'https:') && url.search === '' && url.hash === ''
  return isFine
    ? { value: value.replace(/\/+$/, '') }
    : { message: `is "${value}", which is no web address`, remedy: 'Use one like https://crm.example.com.' }
}

/** Scheme, host and port of web addresses, separated by commas. */
export const origins: Reader<readonly string[]> = (value) => {
  const entries = value.split(',').map((entry) => entry.trim().replace(/\/$/, ''))
  const wrong = entries.find((entry) => !/^https?:/.test(entry) || URL.parse(entry)?.origin !== entry.toLowerCase())
  return wrong === undefined
    ? { value: entries }
    : { message: `holds "${wrong}", which is no origin`, remedy: 'Use a list like https://app.example.com.' }
}

/** Never repeats the value, which holds a password. */
export const databaseUrl: Reader<string> = (value) =>
  ['postgres:', 'postgresql:'].includes(URL.parse(value)?.protocol ?? '')
    ? { value }
    : {
        message: 'is not the address of a Postgres database',
        remedy: 'Use postgres://user:password@host:5432/name, or leave it unset for an embedded database.',
      }

/** Never repeats the value. Answers the keys in Fernet's own alphabet. */
export const encryptionKeys: Reader<readonly string[]> = (value) => {
  const keys = value.split(',').map((key) => key.trim())
  const wrong = keys.findIndex((key) => !FERNET_KEY.test(key))
  if (wrong === -1) {
    return { value: keys.map((key) => `${key.replaceAll('+', '-').replaceAll('/', '_').replace('=', '')}=`) }
  }
  const which = keys.length === 1 ? 'is not a Fernet key' : `holds no Fernet key at place ${wrong + 1}`
  return {
    message: which,
    remedy: 'Give 32 bytes in base64, several separated by commas. Make one: raccordo keys generate',
  }
}

/** Never repeats the value. */
export const secrets: Reader<readonly string[]> = (value) => {
  const parts = value.split(',').map((part) => part.trim())
  return parts.every((part) => part !== '')
    ? { value: parts }
    : { message: 'holds an empty secret between commas', remedy: 'Use one secret, or several as new,old.' }
}

/** Never repeats the value. */
export const adminKey: Reader<string> = (value) =>
  value.length >= LEAST_KEY_LETTERS && /^[\x21-\x7e]+$/.test(value)
    ? { value }
    : {
        message: `is shorter than ${LEAST_KEY_LETTERS} characters or holds blanks`,
        remedy: 'Make one: openssl rand -base64 32',
      }

export const addresses: Reader<readonly string[]> = (value) => {
  const entries = value.split(',').map((entry) => entry.trim())
  const wrong = entries.find((entry) => !isAddress(entry))
  return wrong === undefined
    ? { value: entries }
    : {
        message: `holds "${wrong}", which is no IP address or network`,
        remedy: 'Use a list like 10.0.0.1,192.0.2.0/24.',
      }
}
