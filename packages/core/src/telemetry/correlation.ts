import { randomUUID } from 'node:crypto'

const SANE = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/

/** True for what may be taken over from a caller's header: it goes into logs, rows and answers as it is. */
export const isSaneCorrelationId = (value: unknown): value is string => typeof value === 'string' && SANE.test(value)

export const newCorrelationId = (): string => randomUUID()

/** The caller's id where it is sane, else a new one. */
export const correlationIdFrom = (value: unknown): string => (isSaneCorrelationId(value) ? value : newCorrelationId())
