import { randomUUID } from 'node:crypto'
import { createPool } from './postgres.ts'

/** The part of a tap test that is needed here, so that production code does not depend on tap. */
export interface Teardown {
  readonly teardown: (handler: () => Promise<void>) => unknown
}

const serverUrl = (): string => {
  const url = process.env['TEST_DATABASE_URL']
  if (url !== undefined) return url
  throw new Error(
    'TEST_DATABASE_URL is not set. npm test starts a PostgreSQL and sets it: npm test -- <test file>. ' +
      'Or set it to a server where databases may be created and dropped.',
  )
}

const administer = async (url: string, statement: string): Promise<void> => {
  const onIdleError = (): void => undefined
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'test', onIdleError, statementTimeoutMs: 60_000 })
  try {
    await pool.query(statement)
  } finally {
    await pool.end()
  }
}

/** Creates an empty database on the server of TEST_DATABASE_URL, answers its URL, and drops it when the test is over. */
export const createTestDatabase = async (test: Teardown): Promise<string> => {
  const server = serverUrl()
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await administer(server, `create database ${name}`)
  // With force: a test that failed may still be connected.
  test.teardown(() => administer(server, `drop database ${name} with (force)`))
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}
