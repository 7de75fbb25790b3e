import type { Pass } from '../store/schema.ts'

/** What a doorbell says: whose work, and which. */
export interface JobData {
  readonly connectionId: string
  /** Remote object of a scan, canonical type of a push, empty for the inbox. */
  readonly object: string
  readonly pass: Pass | ''
}

export interface QueueFacts {
  /** Jobs that one process works on at once. */
  readonly concurrency: number
}

/** Every queue there is. pg-boss rings; what is due, and when, stands in our own tables. */
export const QUEUES = {
  crm_push_outcomes: { concurrency: 4 },
  crm_webhook_dispatcher: { concurrency: 2 },
  crm_pull_delta: { concurrency: 4 },
  crm_backfill: { concurrency: 2 },
  crm_maintenance: { concurrency: 1 },
} as const satisfies Record<string, QueueFacts>

export type QueueName = keyof typeof QUEUES

export const QUEUE_NAMES = Object.keys(QUEUES) as readonly QueueName[]

export const QUEUE_OF_PASS: Readonly<Record<Pass, QueueName>> = {
  delta: 'crm_pull_delta',
  settle: 'crm_pull_delta',
  backfill: 'crm_backfill',
  sweep: 'crm_maintenance',
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
