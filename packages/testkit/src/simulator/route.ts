import type { Route } from './types.ts'

/**
 * The `:name` parts of a path that a pattern takes, decoded; undefined where it does not take the path. A last part
 * `*` takes the rest as `rest`.
 */
export const matchPath = (pattern: string, path: string): Record<string, string> | undefined => {
  const wanted = pattern.split('/')
  const given = path.split('/')
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    if (part === '*' && index === wanted.length - 1)
      return { ...params, rest: given.slice(index).map(decoded).join('/') }
    const value = given[index]
    if (value === undefined) return undefined
    if (part.startsWith(':') && value !== '') params[part.slice(1)] = decoded(value)
    else if (part !== decoded(value)) return undefined
  }
  return wanted.length === given.length ? params : undefined
}

/** The first route that takes the request, with the parts of its path. */
export const findRoute = (
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly params: Readonly<Record<string, string>> } | undefined => {
  for (const route of routes) {
    if (route.method !== '*' && route.method !== method) continue
    const params = matchPath(route.path, path)
    if (params !== undefined) return { route, params }
  }
  return undefined
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
