import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A way to a server that loses answers: the server has done what it was asked, and the client never hears of it. */
export interface LosingProxy {
  readonly url: string
  /** Share of the answers that are lost from now on, 0 to 1. */
  lose(share: number): void
  stop(): Promise<void>
}

export const startLosingProxy = async (target: URL): Promise<LosingProxy> => {
  let share = 0
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const onward = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => {
        if (Math.random() < share) return outgoing.destroy()
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        outgoing.end(Buffer.concat(parts))
      })
    })
    onward.on('error', () => outgoing.destroy())
    // The client's going does not stop what it has asked for.
    incoming.on('error', () => undefined)
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lose: (wanted) => {
      share = wanted
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
