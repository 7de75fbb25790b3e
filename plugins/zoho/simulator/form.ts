import type { SimulatorRequest } from '@raccordo/testkit/simulator'

/** Parameters from wherever clients of the accounts server put them: the query, a form, or the parts of a multipart form. */
export const givenParameters = (request: SimulatorRequest): URLSearchParams => {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(request.headers['content-type'] ?? '')?.[1]
  const given = boundary === undefined ? request.form() : partsOf(request.rawBody.toString('utf8'), boundary)
  return new URLSearchParams([...request.query, ...given])
}

const partsOf = (body: string, boundary: string): readonly [string, string][] =>
  body.split(`--${boundary}`).flatMap((part) => {
    const [, name, value] = /name="([^"]*)"[\s\S]*?\r\n\r\n([\s\S]*?)\r\n$/.exec(part) ?? []
    return name === undefined || value === undefined ? [] : [[name, value] as [string, string]]
  })
