import type { LoggedRequest } from './types.ts'

const MOST_REQUESTS = 20_000
const MOST_CHARACTERS = 200_000_000

/** A request of the log while its answer is open. */
export type OpenRequest = { -readonly [Member in keyof LoggedRequest]: LoggedRequest[Member] }

/**
 * The last 20,000 requests in the order of arrival, fewer where their bodies would fill the memory. A request stands
 * as 'cut' until it is answered.
 */
export const requestLog = () => {
  const entries: OpenRequest[] = []
  let characters = 0
  const trim = () => {
    while (entries.length > MOST_REQUESTS || (characters > MOST_CHARACTERS && entries.length > 1)) {
      const oldest = entries.shift()
      if (oldest !== undefined) characters -= oldest.requestBody.length + oldest.responseBody.length
    }
  }
  return {
    entries: entries as readonly LoggedRequest[],
    open: (request: Omit<LoggedRequest, 'status' | 'responseBody'>): OpenRequest => {
      const entry: OpenRequest = { ...request, status: 'cut', responseBody: '' }
      entries.push(entry)
      characters += entry.requestBody.length
      trim()
      return entry
    },
    close: (entry: OpenRequest, status: number, responseBody: string): void => {
      entry.status = status
      if (entries.lastIndexOf(entry) === -1) return
      entry.responseBody = responseBody
      characters += responseBody.length
      trim()
    },
  }
}
