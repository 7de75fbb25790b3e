import type { RequestError } from 'got'

const DNS = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA'])
const NO_WAY = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'ENETDOWN', 'EHOSTDOWN'])
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/
const TLS = /^(EPROTO|ERR_SSL_|ERR_TLS_)/

/** Why no connection came about, in words that say what to correct; the code stands behind them for who searches. */
export const whyUnreachable = ({ code, message }: RequestError, { hostname, host }: URL): string => {
  const words = `${code}: ${message.split('\n')[0]}`
  if (DNS.has(code)) return `The CRM cannot be reached: DNS does not know the name ${hostname} (${code})`
  if (code === 'ECONNREFUSED') return `The CRM cannot be reached: nothing answers at ${host} (${code})`
  if (NO_WAY.has(code)) return `The CRM cannot be reached: no way leads to ${host} (${code})`
  if (CERTIFICATE.test(code)) return `The CRM cannot be reached: the TLS certificate of ${host} is not valid (${words})`
  if (TLS.test(code)) return `The CRM cannot be reached: ${host} does not speak TLS as it should (${words})`
  return `The CRM cannot be reached: no connection to ${host} (${words})`
}
