import { BEFORE_THE_LOG, readLedgerEvent } from '@registru/domain'
import { allProjections, createMemoryWriter } from '@registru/projections'
import type { PlacedFact } from '@registru/scripts/audit/facts'
import { startKnowing } from '@registru/scripts/audit/known'
import { readFact } from '@registru/scripts/audit/log'
import type { Row } from '@registru/scripts/audit/report'
import { type Figures, figuresOf, firstChange } from './figures.ts'
import type { MemoryLog } from './memory-log.ts'

const factOf = (event: MemoryLog['events'][number]): PlacedFact => {
  const fact = readFact(event)
  if (fact === undefined) throw new Error(`the auditor cannot read ${event.type} at ${event.stream}`)
  return fact
}

/** Projects a log in memory as it grows, and lets the auditor tell it beside. */
export const startLooking = (log: MemoryLog, find: (what: string) => void) => {
  const writer = createMemoryWriter(allProjections)
  const tables = new Map(allProjections.flatMap(({ tables }) => tables.map((table) => [table.name, table])))
  const auditor = startKnowing()
  let seen = 0
  const projected = (name: string): readonly Row[] => {
    const table = tables.get(name)
    if (table === undefined) throw new Error(`no read model has ${name}`)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- cells of the columns that figures are made of
    return writer.rows.list(table) as readonly Row[]
  }
  return {
    /** What has come since the last catching up. */
    fresh: (): readonly PlacedFact[] => log.events.slice(seen).map(factOf),
    catchUp: async (): Promise<void> => {
      const fresh = log.events.slice(seen)
      const position = log.events.at(-1)?.position ?? BEFORE_THE_LOG
      await writer.apply(fresh.map(readLedgerEvent), { position, storeId: 'memory' })
      for (const event of fresh) auditor.tell(factOf(event))
      seen = log.events.length
    },
    /** The figures of the read models, which have to be the auditor's. */
    look: (asOf: string, when: string): Figures => {
      const figures = figuresOf(projected, asOf)
      const differs = firstChange(figuresOf(auditor.known().rowsOf, asOf), figures)
      if (differs !== undefined) find(`${when}, on ${asOf}: by the auditor and by the read models: ${differs}`)
      return figures
    },
  }
}
