/** Plays its share of `npm run bench histories` and holds it, lot by lot; forked, and told by a message what to do. */
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { erasePostgres, type PostgresServer, startPostgres } from '@registru/embedded'
import type { RecordedEvent } from '@registru/event-store'
import { createPool } from '@registru/runtime'
import { createRandom } from '@registru/scripts/seed/random'
import { holdLot } from './lot.ts'
import { type LotHeld, Share } from './lot-messages.ts'
import { createMemoryLog } from './memory-log.ts'
import { foundCompany } from './random-company.ts'

const CLIENTS = 2
/** So few that payments, invoices and papers meet in so short a life. */
const IDS = 4
/** Now and then what is under way arrives much later, when others have gone on. */
const WAITS = 0.2

/** A history is told by the seed and its number alone, whatever lot it is in. */
const play = async (first: number, { seed, events }: Share, count: number): Promise<readonly RecordedEvent[]> => {
  const log = createMemoryLog()
  for (let number = first; number < first + count; number += 1) {
    const random = createRandom(`${seed} ${number}`)
    const company = await foundCompany(log, {
      companyId: `history-${number}`,
      clients: CLIENTS,
      ids: IDS,
      waits: WAITS,
      random,
    })
    for (let written = 0; written < events; ) written += await company.live()
    await company.settle()
  }
  return log.events
}

const administer = async (postgres: PostgresServer, statement: string): Promise<void> => {
  const onIdleError = (): void => undefined
  const pool = createPool({ url: postgres.url(), connectionsMax: 1, applicationName: 'bench', onIdleError })
  try {
    await pool.query(statement)
  } finally {
    await pool.end()
  }
}

const holdShare = async (postgres: PostgresServer, share: Share, tell: (held: LotHeld) => void): Promise<void> => {
  for (let first = share.from; first < share.from + share.count; first += share.lot) {
    const histories = Math.min(share.lot, share.from + share.count - first)
    const log = await play(first, share, histories)
    const types: Record<string, number> = {}
    for (const { position, type, data } of log) {
      types[type] = (types[type] ?? 0) + 1
      if (share.print) console.log(`${position} ${type} ${JSON.stringify(data)}`)
    }
    const database = `lot_${first}`
    const findings: string[] = []
    await administer(postgres, `create database ${database}`)
    const random = createRandom(`${share.seed} lot ${first}`)
    const held = await holdLot(postgres.url(database), log, random, (what) => findings.push(what))
    await administer(postgres, `drop database ${database} with (force)`)
    tell({ histories, types, ...held, findings })
  }
}

const tell = (held: LotHeld): void => void process.send?.(held)

process.once('message', (message) => {
  void (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'registru-histories-'))
    // Started by root, the server runs under another account, which must come here.
    chmodSync(folder, 0o755)
    const postgres = await startPostgres({ folder, durable: false })
    try {
      await holdShare(postgres, Share.parse(message), tell)
    } finally {
      await postgres.stop()
      await erasePostgres(folder)
    }
    process.disconnect()
  })()
})
