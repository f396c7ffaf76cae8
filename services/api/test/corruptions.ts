import type { Pool } from '@registru/runtime'
import type { Test } from 'tap'
import type { Api } from './api.ts'

/** What is done to a table, who has to see it, and what it is called. */
export type Corruption = readonly [table: string, change: string, path: string, first: object]

const schemaOf = async (pool: Pool, table: string): Promise<string> => {
  const { rows } = await pool.query<{ definition: string }>(
    'select definition from pg_views where schemaname = $1 and viewname = $2',
    ['read', table],
  )
  return /FROM (\w+)\./.exec(rows[0]?.definition ?? '')?.[1] ?? ''
}

const inCsv = (path: string): string => `${path}${path.includes('?') ? '&' : '?'}format=csv`

/** Every answer that is a table is asked for as one too. @returns how many answers were refused */
export const findsAll = async (
  t: Test,
  { api, pool }: { readonly api: Api; readonly pool: Pool },
  corruptions: readonly Corruption[],
): Promise<number> => {
  let found = 0
  for (const [table, change, path, first] of corruptions) {
    const name = `${await schemaOf(pool, table)}.${table}`
    const isTable = (await api.get(inCsv(path))).statusCode === 200
    const paths = isTable ? [path, inCsv(path)] : [path]
    await pool.query(`create table kept as select * from ${name}`)
    await pool.query(`update ${name} set ${change}`)
    for (const asked of paths) {
      const response = await api.get(asked)
      const isFound = response.statusCode === 500
      t.ok(isFound, `${table}: ${change}: ${asked}`)
      if (isFound) t.match(response.json(), { code: 'TIE_OUT_FAILED', details: { first } }, `${asked}: by name`)
      found += 1
    }
    await pool.query(`truncate ${name}; insert into ${name} select * from kept; drop table kept`)
    for (const asked of paths) t.equal((await api.get(asked)).statusCode, 200, `${table} put right: ${asked}`)
  }
  return found
}
