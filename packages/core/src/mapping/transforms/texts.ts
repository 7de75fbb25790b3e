import type { Json } from '../../contract.ts'
import { isList, textOf } from '../remote-value.ts'
import { type Making, normaliser, type Transform } from './transform.ts'

export const trim = (): Transform => normaliser((text) => text.trim())
export const lower = (): Transform => normaliser((text) => text.toLowerCase())

const cut = (text: string, separator: string): readonly string[] =>
  text
    .split(separator)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')

const texts = (list: readonly Json[]): readonly string[] => list.map((item) => textOf(item) ?? '')

/** Remote text as a list, cut at `separator` (";" if absent); joined again on the way back. */
export const split = ({ options }: Making): Transform => {
  const separator = options.separator ?? ';'
  return {
    pull: (value) => (isList(value) ? texts(value) : cut(textOf(value) ?? '', separator)),
    push: (value) => (isList(value) ? value.join(separator) : value),
  }
}

/** A remote list as text, joined with `separator` (";" if absent); cut again on the way back. */
export const join = ({ options }: Making): Transform => {
  const separator = options.separator ?? ';'
  return {
    pull: (value) => (isList(value) ? texts(value).join(separator) : (textOf(value) ?? null)),
    push: (value) => (typeof value === 'string' ? cut(value, separator) : value),
  }
}
