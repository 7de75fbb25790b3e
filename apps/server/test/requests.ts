import type { Host } from '@raccordo/core'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { buildServer, type ServerOptions } from '../src/server.ts'
import { ACME_KEY, fakeHost, type Instead } from './fake_host.ts'

export interface Api {
  readonly app: FastifyInstance
  /** One request with the key of workspace "acme", unless the headers say otherwise. */
  request(method: string, url: string, options?: Omit<InjectOptions, 'method' | 'url'>): Promise<LightMyRequestResponse>
}

export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })

/** The routes in front of a host, without a socket. */
export const apiOf = (host: Host, options: ServerOptions = {}): Api => {
  const app = buildServer(host, options)
  return {
    app,
    request: (method, url, { headers = bearer(ACME_KEY), ...rest } = {}) =>
      app.inject({ method: method as 'GET', url, headers, ...rest }),
  }
}

export const fakeApi = (instead: Instead = {}, options: ServerOptions = {}): Api => apiOf(fakeHost(instead), options)
