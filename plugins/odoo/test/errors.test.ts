import { describe, expect, test } from 'vitest'
import { failureOf, failureOfReply, isMissingMethod } from '../src/errors.ts'
import { exchangesWith } from './exchanges.ts'

const KINDS: Readonly<Record<string, string>> = {
  'auth-wrong-db': 'invalid',
  'exec-wrong-db': 'invalid',
  'service-unknown': 'schema',
  'exec-wrong-password': 'auth',
  'exec-empty-password': 'auth',
  'exec-uid-false': 'auth',
  'exec-wrong-uid': 'auth',
  'unknown-model': 'forbidden',
  'unknown-method': 'bug',
  'private-method': 'forbidden',
  'unknown-field-read': 'schema',
  'unknown-field-domain': 'schema',
  'unknown-field-create': 'schema',
  'unknown-field-write': 'schema',
  'bad-domain': 'invalid',
  'missing-required-partner': 'invalid',
  'int-overflow': 'invalid',
  'null-byte': 'invalid',
  'write-missing-id': 'not_found',
  'write-mixed-missing': 'not_found',
  'unlink-missing-id': 'not_found',
  'imd-search-read': 'forbidden',
  'j2-no-auth': 'auth',
  'j2-password-as-key': 'auth',
  'j2-wrong-db-header': 'invalid',
  'j2-unknown-model': 'forbidden',
  'j2-unknown-method': 'bug',
  'j2-missing-arg': 'bug',
  'j2-unknown-field-read': 'schema',
  'j2-unknown-field-write': 'schema',
  'j2-write-missing': 'not_found',
}

describe('errors are told by the name of the exception, never by a code or a status', () => {
  for (const version of ['14', '19'] as const)
    for (const { name, response } of exchangesWith(version).filter((exchange) => exchange.name in KINDS))
      test(`Odoo ${version}: ${name} is ${KINDS[name]}`, () => {
        const isAnswerOfOldPython = version === '14' && name === 'service-unknown'
        const failure = failureOfReply({ ...response, headers: {} })
        // A user of 14 may read external ids, and that exchange is no error.
        expect(failure?.kind).toBe(isAnswerOfOldPython ? 'invalid' : KINDS[name])
        expect(JSON.stringify(failure)).not.toMatch(/[Tt]raceback/)
      })

  test('an answer without an error is no failure, whatever its result', () => {
    for (const result of [false, null, [], { ids: false }])
      expect(failureOfReply({ status: 200, headers: {}, body: { jsonrpc: '2.0', id: 1, result } })).toBeUndefined()
    // A method that returns None has neither result nor error.
    expect(failureOfReply({ status: 200, headers: {}, body: { jsonrpc: '2.0', id: 86 } })).toBeUndefined()
    expect(failureOfReply({ status: 200, headers: {}, body: null })).toBeUndefined()
  })

  test('what stands in front of Odoo is left to its status', () => {
    expect(failureOfReply({ status: 502, headers: {}, body: '<html>Bad Gateway</html>' })).toBeUndefined()
    expect(failureOfReply({ status: 429, headers: {}, body: '' })).toBeUndefined()
  })

  test('a lost race is locked, whatever exception carries it', () => {
    const message = 'could not serialize access due to concurrent update\n'
    for (const name of [
      'psycopg2.errors.SerializationFailure',
      'odoo.exceptions.UserError',
      'psycopg2.OperationalError',
    ])
      expect(failureOf(name, message).kind).toBe('locked')
    expect(failureOf('psycopg2.errors.LockNotAvailable', 'x').kind).toBe('locked')
  })

  test('a wrong database is named', () => {
    const failure = failureOf('psycopg2.OperationalError', 'FATAL:  database "nodb" does not exist\n')
    expect(failure).toMatchObject({ kind: 'invalid', message: 'Odoo has no database "nodb" at this address.' })
  })

  test('a database that takes no connections is unavailable', () => {
    expect(failureOf('psycopg2.OperationalError', 'FATAL:  too many connections').kind).toBe('unavailable')
    expect(failureOf('psycopg2.pool.PoolError', 'The Connection Pool Is Full').kind).toBe('unavailable')
  })

  test('the field at fault is named', () => {
    expect(failureOf('builtins.KeyError', 'no_such').field).toBe('no_such')
    expect(failureOf('builtins.ValueError', "Invalid field 'no_such' on model 'res.partner'").field).toBe('no_such')
    expect(
      failureOf('builtins.ValueError', "Invalid field res.partner.no_such in leaf ('no_such', '=', 1)").field,
    ).toBe('no_such')
    expect(failureOf('builtins.ValueError', 'could not convert string to float').field).toBeUndefined()
  })

  test('a method that the server lacks is told from other mistakes', () => {
    expect(isMissingMethod('builtins.AttributeError', "The method 'res.partner.load' does not exist")).toBe(true)
    expect(isMissingMethod('werkzeug.exceptions.NotFound', "The method 'res.partner.load' does not exist")).toBe(true)
    expect(isMissingMethod('builtins.AttributeError', "'bool' object has no attribute 'lower'")).toBe(false)
  })
})
