import type { PGlite } from '@electric-sql/pglite'

/** A schema that comes before Postgres's own: in it the functions that tell the time tell the virtual one. */
const SCHEMA = 'virtual_time'

/** Statements that give a new database the virtual time. A sequence holds it, because no transaction hides what it holds. */
export const virtualTimeSql = (nowMs: number): string => `
  create schema if not exists ${SCHEMA};
  create sequence if not exists ${SCHEMA}.now_ms;
  create or replace function ${SCHEMA}.clock_timestamp() returns timestamptz language sql stable
    as 'select pg_catalog.to_timestamp(last_value / 1000.0) from ${SCHEMA}.now_ms';
  create or replace function ${SCHEMA}.now() returns timestamptz language sql stable
    as 'select pg_catalog.to_timestamp(last_value / 1000.0) from ${SCHEMA}.now_ms';
  create or replace function ${SCHEMA}.statement_timestamp() returns timestamptz language sql stable
    as 'select pg_catalog.to_timestamp(last_value / 1000.0) from ${SCHEMA}.now_ms';
  ${setTimeSql(nowMs)}`

export const setTimeSql = (nowMs: number): string =>
  `select pg_catalog.setval('${SCHEMA}.now_ms', ${Math.round(nowMs)});`

/** Names are looked up in it before Postgres's own catalogue. */
export const VIRTUAL_SEARCH_PATH = `${SCHEMA}, pg_catalog, public`

/** A Postgres URL whose sessions live in the virtual time. */
export const virtualUrl = (url: string): string => {
  const virtual = new URL(url)
  virtual.searchParams.set('options', `-c search_path=${VIRTUAL_SEARCH_PATH.replaceAll(' ', '')}`)
  return virtual.href
}

/** An embedded database in memory that lives in a virtual time. */
export const openVirtualPglite = async (
  startMs: number,
): Promise<{ readonly pglite: PGlite; setTime(nowMs: number): Promise<void>; isBusy(): boolean }> => {
  const { PGlite } = await import('@electric-sql/pglite')
  const pglite = await PGlite.create()
  await pglite.exec(virtualTimeSql(startMs))
  await pglite.exec(`set search_path = ${VIRTUAL_SEARCH_PATH}`)
  let open = 0
  const query = pglite.query.bind(pglite)
  const counted: typeof pglite.query = async (...given) => {
    open += 1
    try {
      return await query(...given)
    } finally {
      open -= 1
    }
  }
  pglite.query = counted
  return {
    pglite,
    setTime: async (nowMs) => {
      await pglite.exec(setTimeSql(nowMs))
    },
    isBusy: () => open > 0,
  }
}
