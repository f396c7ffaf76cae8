/** What no history plays, no proof over random histories can be about. */
import {
  accountEventDefinitions,
  companyEventDefinitions,
  receiptBookEventDefinitions,
  unidentifiedEventDefinitions,
} from '@registru/domain'
import { createRandom } from '@registru/scripts/seed/random'
import t from 'tap'
import { createMemoryLog } from '../proof/memory-log.ts'
import { foundCompany } from '../proof/random-company.ts'

/** Always the same: what random ones rarely meet is no fault of the code. */
const SEED = 'every event'
const HISTORIES = 160
const EVENTS = 40
/**
 * All that was moved has to be given back by whoever has it, and two merges have to meet, or an id has to be taken while one
 * is under way: that takes thousands of histories.
 */
const RARE = ['ReversalDeclined', 'MergeRefused', 'MergeDeclined', 'InvoiceMoveRefused', 'InvoiceMoveDeclined']

// A busy machine takes longer than tap's half minute.
t.setTimeout(0)

t.test('random histories have events of every type', async (t) => {
  t.setTimeout(0)
  const counts = new Map<string, number>()
  for (let number = 1; number <= HISTORIES; number += 1) {
    const log = createMemoryLog()
    const random = createRandom(`${SEED} ${number}`)
    const company = await foundCompany(log, { companyId: `c${number}`, clients: 2, ids: 4, waits: 0.2, random })
    for (let written = 0; written < EVENTS; ) written += await company.live()
    await company.settle()
    for (const { type } of log.events) counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  for (const { type } of [
    ...accountEventDefinitions,
    ...companyEventDefinitions,
    ...receiptBookEventDefinitions,
    ...unidentifiedEventDefinitions,
  ]) {
    if (!RARE.includes(type)) t.ok(counts.has(type), `${type} ${counts.get(type) ?? 0} times`)
  }
})
