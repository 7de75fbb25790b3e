import 'reflect-metadata'
import { type DependencyContainer, instanceCachingFactory, container as root } from 'tsyringe'
import type { KeyRing } from './auth/keyring.ts'
import type { HostOptions } from './host_options.ts'
import type { BucketStore } from './http/ports.ts'
import type { Registry } from './registry/index.ts'
import type { Database } from './store/database.ts'
import type { Clock, Log, SyncMetrics } from './sync/engine.ts'

/** Names a part of a host, and its type. */
export interface Token<T> {
  readonly key: symbol
  /** Only for the compiler. */
  readonly part?: T
}

const token = <T>(name: string): Token<T> => ({ key: Symbol(name) })

/** The parts that a host may replace. */
export const TOKENS = {
  options: token<HostOptions>('options'),
  log: token<Log>('log'),
  clock: token<Clock>('clock'),
  random: token<() => number>('random'),
  keyRing: token<KeyRing>('keyRing'),
  database: token<Database>('database'),
  registry: token<Registry>('registry'),
  metrics: token<SyncMetrics>('metrics'),
  buckets: token<BucketStore>('buckets'),
} as const

/** A host's parts: one container a host, a child of nothing that another host could see. */
export interface Parts {
  /** Gives a part a maker, which runs at its first use; a later one replaces an earlier. */
  provide<T>(part: Token<T>, make: (parts: Parts) => T): void
  has<T>(part: Token<T>): boolean
  get<T>(part: Token<T>): T
}

export const createParts = (): Parts => {
  const container: DependencyContainer = root.createChildContainer()
  const parts: Parts = {
    provide: (part, make) => {
      container.register(part.key, { useFactory: instanceCachingFactory(() => make(parts)) })
    },
    has: (part) => container.isRegistered(part.key),
    get: <T>(part: Token<T>) => container.resolve<T>(part.key),
  }
  return parts
}
