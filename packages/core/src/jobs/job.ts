import type { ObjectType } from '../contract.ts'
import { runChannel } from '../sync/channel.ts'
import type { Engine } from '../sync/engine.ts'
import { runInbox } from '../sync/inbox.ts'
import { runPass } from '../sync/pull.ts'
import { runPurge } from '../sync/purge.ts'
import { runPush } from '../sync/push.ts'
import type { StopSignals } from '../sync/turn.ts'
import type { JobData } from './queues.ts'

/**
 * Does what a job asks for until its turn ends. True where more of it is due at once, undefined where another worker is
 * at it or where it ended in an unforeseen error: that is told, the others go on, and the due-query finds it again.
 */
export const doJob = async (engine: Engine, job: JobData, stop: StopSignals): Promise<boolean | undefined> => {
  const { kind, connectionId, object, pass } = job
  try {
    return await begin(engine, job, stop)
  } catch (error) {
    engine.log.error(
      { kind, connection_id: connectionId, object, pass, err: error },
      'a job ended in an unforeseen error',
    )
    return undefined
  }
}

const begin = (
  engine: Engine,
  { kind, connectionId, object, pass }: JobData,
  stop: StopSignals,
): Promise<boolean | undefined> => {
  if (kind === 'push') return runPush(engine, connectionId, object as ObjectType, stop)
  if (kind === 'channel') return runChannel(engine, connectionId, stop)
  if (kind === 'purge') return runPurge(engine, stop)
  return pass === '' ? runInbox(engine, connectionId, stop) : runPass(engine, connectionId, object, pass, stop)
}
