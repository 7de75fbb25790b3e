export {
  type AuditEntry,
  type AuditRow,
  type AuditVerdict,
  auditHash,
  type ChainHead,
  chainAudit,
  changesOf,
  erasedChanges,
  verifyAudit,
} from './audit.ts'
export { correlationIdFrom, isSaneCorrelationId, newCorrelationId } from './correlation.ts'
export { createLog, type Log, type LogContext, type Logger, type LogOptions, withContext } from './log.ts'
export { type ConnectionGauges, createMetrics, type Metrics, type MetricsOptions } from './metrics.ts'
export type { RedactText } from './redaction.ts'
