import { invalidModule, limitExceeded, missingParameter, permissionDenied, refuse } from './failures.ts'
import type { Org } from './org.ts'
import { type ModuleName, moduleNamed } from './schema.ts'
import { parseWrittenInstant } from './times.ts'

export const LONGEST_PAGE = 200
const MOST_FIELDS = 50

/** The module that a path names, or a refusal: there is none, or this user may not see it. */
export const requireModule = (org: Org, name: string | undefined): ModuleName => {
  const module = moduleNamed(name ?? '')
  if (module === undefined) throw invalidModule()
  if (org.forbidden.has(module)) throw permissionDenied(module)
  return module
}

/** `fields` of a list: obligatory, at most fifty. */
export const requireFields = (query: URLSearchParams): readonly string[] => {
  const fields = listOf(query.get('fields'))
  if (fields.length === 0) throw missingParameter('fields')
  if (fields.length > MOST_FIELDS) throw limitExceeded({ limit: MOST_FIELDS, param_name: 'fields' })
  return fields
}

export const listOf = (text: string | null): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

export const pageSize = (query: URLSearchParams): number => {
  const size = Number(query.get('per_page') ?? LONGEST_PAGE)
  if (!Number.isInteger(size) || size < 1) throw invalidParameter('per_page')
  if (size > LONGEST_PAGE) throw limitExceeded({ limit: LONGEST_PAGE, param_name: 'per_page' })
  return size
}

export const pageNumber = (query: URLSearchParams): number => {
  const page = Number(query.get('page') ?? 1)
  if (!Number.isInteger(page) || page < 1) throw invalidParameter('page')
  return page
}

export const invalidParameter = (name: string): Error =>
  refuse(400, 'INVALID_DATA', 'the value given for the parameter is invalid', { param_name: name })

/** `If-Modified-Since` in epoch ms: ISO 8601 with an offset, not the date of HTTP. */
export const modifiedSince = (headers: Readonly<Record<string, string>>): number | undefined => {
  const header = headers['if-modified-since']
  if (header === undefined) return undefined
  const sinceMs = parseWrittenInstant(header)
  if (sinceMs === undefined)
    throw refuse(400, 'INVALID_DATA', 'the If-Modified-Since header is invalid', { header: 'If-Modified-Since' })
  return sinceMs
}
