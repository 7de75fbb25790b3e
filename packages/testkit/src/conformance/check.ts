import type { AnyProvider, Operation } from './provider.ts'
import type { Subject } from './subject.ts'
import type { ConformanceOptions, World } from './world.ts'

/** A rule for one object. Runs in a world of its own and throws where the rule is broken. */
export interface ObjectCheck {
  readonly rule: string
  /** What the object must offer for the rule to apply. */
  readonly needs: readonly Operation[]
  readonly applies?: (object: Subject['object']) => boolean
  run(subject: Subject): Promise<void>
}

/** A rule for the provider as a whole. */
export interface ProviderCheck {
  readonly rule: string
  run(provider: AnyProvider, options: ConformanceOptions, inWorld: InWorld): Promise<void>
}

/** Gives a world to some work and ends it afterwards. */
export type InWorld = <T>(work: (world: World) => Promise<T>) => Promise<T>
