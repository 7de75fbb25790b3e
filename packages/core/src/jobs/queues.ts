import type { DueWork } from '../store/due.ts'
import type { Pass } from '../store/schema.ts'

/** What a doorbell says: whose work, and which. */
export type JobData = DueWork

export interface QueueFacts {
  /** Jobs that one process works on at once. */
  readonly concurrency: number
}

/** Every queue there is. pg-boss rings; what is due, and when, stands in our own tables. */
export const QUEUES = {
  crm_push_outcomes: { concurrency: 4 },
  crm_webhook_dispatcher: { concurrency: 3 },
  crm_pull_delta: { concurrency: 4 },
  crm_backfill: { concurrency: 2 },
  crm_maintenance: { concurrency: 1 },
} as const satisfies Record<string, QueueFacts>

export type QueueName = keyof typeof QUEUES

export const QUEUE_NAMES = Object.keys(QUEUES) as readonly QueueName[]

const QUEUE_OF_PASS: Readonly<Record<Pass, QueueName>> = {
  delta: 'crm_pull_delta',
  settle: 'crm_pull_delta',
  backfill: 'crm_backfill',
  sweep: 'crm_maintenance',
}

export const queueOf = ({ kind, pass }: JobData): QueueName => {
  if (kind === 'push') return 'crm_push_outcomes'
  if (kind === 'inbox') return 'crm_webhook_dispatcher'
  return pass === '' ? 'crm_maintenance' : QUEUE_OF_PASS[pass]
}

/** One waiting job for each piece of work, however often it is rung for; a job that was lost is rung for again. */
export const QUEUE_OPTIONS = {
  policy: 'short',
  retryLimit: 0,
  notify: true,
  expireInSeconds: 120,
  retentionSeconds: 3_600,
  deleteAfterSeconds: 60,
} as const
