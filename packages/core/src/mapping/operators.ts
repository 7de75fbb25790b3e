/** Operators of json-logic that an expression may use. `log` is not among them: it prints records to the console. */
export const STANDARD_OPERATORS: readonly string[] = [
  'var',
  'missing',
  'missing_some',
  'if',
  '?:',
  '==',
  '===',
  '!=',
  '!==',
  '!',
  '!!',
  'or',
  'and',
  '>',
  '>=',
  '<',
  '<=',
  'max',
  'min',
  '+',
  '-',
  '*',
  '/',
  '%',
  'map',
  'filter',
  'reduce',
  'all',
  'none',
  'some',
  'merge',
  'in',
  'cat',
  'substr',
]

/** Operators whose second operand runs once per item, with the item as its data. */
export const ITEM_OPERATORS: ReadonlySet<string> = new Set(['map', 'filter', 'reduce', 'all', 'none', 'some'])

const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value))
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const DAY_MS = 86_400_000

/** Operators of our own, by namespace: `{ "text.lower": { "var": "email" } }`. All are pure. */
export const CUSTOM_OPERATORS: Readonly<Record<string, Readonly<Record<string, (...operands: unknown[]) => unknown>>>> =
  {
    text: {
      lower: (value) => text(value).toLowerCase(),
      upper: (value) => text(value).toUpperCase(),
      trim: (value) => text(value).trim(),
      length: (value) => text(value).length,
      starts_with: (value, start) => text(value).startsWith(text(start)),
      ends_with: (value, end) => text(value).endsWith(text(end)),
      replace: (value, from, to) =>
        text(from) === '' ? text(value) : text(value).replaceAll(text(from), () => text(to)),
      split: (value, separator) => (text(value) === '' ? [] : text(value).split(text(separator))),
    },
    list: {
      join: (value, separator) => list(value).map(text).join(text(separator)),
      first: (value) => list(value)[0] ?? null,
      last: (value) => list(value).at(-1) ?? null,
      size: (value) => list(value).length,
    },
    number: {
      round: (value, digits) => {
        const factor = 10 ** (Number(digits) || 0)
        return Math.round(Number(value) * factor) / factor
      },
    },
    date: {
      days_between: (from, to) => {
        const days = (Date.parse(text(to)) - Date.parse(text(from))) / DAY_MS
        return Number.isFinite(days) ? Math.floor(days) : null
      },
    },
  }

/** Every operator by the name that an expression uses. */
export const operatorNames = (): readonly string[] => [
  ...STANDARD_OPERATORS,
  ...Object.entries(CUSTOM_OPERATORS).flatMap(([space, members]) =>
    Object.keys(members).map((name) => `${space}.${name}`),
  ),
]
