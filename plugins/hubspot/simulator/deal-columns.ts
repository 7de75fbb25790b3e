import type { Fields, Json } from '@raccordo/core/plugin'
import { as, type Columns, plain } from './columns.ts'
import type { Portal } from './portal.ts'

/** A deal, but for its amount, which needs the currency beside it. */
export const DEAL_COLUMNS: Columns = {
  title: plain('dealname'),
  currency: plain('deal_currency_code'),
  stage: plain('dealstage'),
  pipeline: plain('pipeline'),
  close_date: as(
    'closedate',
    (value, portal) => startOfDay(String(value), portal.timeZone),
    (value, portal) => dayOf(value, portal.timeZone),
  ),
}

/** The amount in the currency's own decimals. Without further currencies the deal names none. */
export const dealProperties = (
  portal: Portal,
  data: Fields,
  current: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const code = String(data['currency'] ?? currencyOf(portal, current))
  const amount = data['amount_cents']
  const digits = digitsOf(code)
  return {
    ...(amount === undefined ? {} : { amount: amount === null ? '' : (Number(amount) / 10 ** digits).toFixed(digits) }),
    ...(data['currency'] !== undefined && portal.currencies.length === 1 ? { deal_currency_code: '' } : {}),
  }
}

export const dealValues = (
  portal: Portal,
  properties: Readonly<Record<string, string>>,
): Readonly<Record<string, Json>> => {
  const currency = currencyOf(portal, properties)
  const amount = properties['amount']
  return { currency, amount_cents: amount ? Math.round(Number(amount) * 10 ** digitsOf(currency)) : null }
}

const currencyOf = (portal: Portal, properties: Readonly<Record<string, string>>): string =>
  properties['deal_currency_code'] || (portal.currencies[0] ?? 'EUR')

const digitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2

/** People pick a day, and HubSpot keeps its first moment on the portal's clocks. */
const startOfDay = (day: string, timeZone: string): string => {
  const utcMs = Date.parse(`${day.slice(0, 10)}T00:00:00.000Z`)
  return new Date(utcMs - clocksAheadMs(utcMs, timeZone)).toISOString()
}

/** The day on the portal's clocks. Integrations write midnight UTC for a day, whatever the portal's zone. */
const dayOf = (instant: string, timeZone: string): string => {
  const ms = Date.parse(instant)
  const isPlainDay = /T00:00:00\.000Z$/.test(instant)
  return new Date(isPlainDay ? ms : ms + clocksAheadMs(ms, timeZone)).toISOString().slice(0, 10)
}

const clocksAheadMs = (ms: number, timeZone: string): number => {
  const shown = new Date(ms).toLocaleString('sv-SE', { timeZone })
  return Date.parse(`${shown.replace(' ', 'T')}Z`) - Math.floor(ms / 1_000) * 1_000
}
