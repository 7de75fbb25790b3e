import type { ObjectType } from '../contract.ts'
import { runChannel } from '../sync/channel.ts'
import type { Engine } from '../sync/engine.ts'
import { runInbox } from '../sync/inbox.ts'
import { runPass } from '../sync/pull.ts'
import { runPurge } from '../sync/purge.ts'
import { runPush } from '../sync/push.ts'
import type { StopSignals } from '../sync/turn.ts'
import type { JobData } from './queues.ts'

/** Does what a job asks for until its turn ends. True where more of it is due at once, undefined where another worker is at it. */
export const doJob = (
  engine: Engine,
  { kind, connectionId, object, pass }: JobData,
  stop: StopSignals,
): Promise<boolean | undefined> => {
  if (pass !== '') return runPass(engine, connectionId, object, pass, stop)
  if (kind === 'push') return runPush(engine, connectionId, object as ObjectType, stop)
  if (kind === 'channel') return runChannel(engine, connectionId, stop)
  return kind === 'purge' ? runPurge(engine, stop) : runInbox(engine, connectionId, stop)
}
