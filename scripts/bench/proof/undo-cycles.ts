import { addDays, type BusinessDay } from '@registru/domain'
import type { PlacedFact } from '@registru/scripts/audit/facts'
import { readFact } from '@registru/scripts/audit/log'
import { createRandom, type Random } from '@registru/scripts/seed/random'
import { END_OF_TIME, type Figures, firstChange, valuesOf } from './figures.ts'
import type { MemoryLog } from './memory-log.ts'
import { ACTS, type ActName } from './undo-acts.ts'
import { startLooking } from './undo-looks.ts'
import { CURRENCIES, type Doing, type Step } from './undo-steps.ts'
import { CLIENTS, COMPANY, dueNow, FIRST_DAY, foundWorld } from './undo-world.ts'

/** Days of a cycle on which something is done, and those after them on which it is undone. */
const DOING = 12
const UNDOING = 12
/** An act may also be dated among what went before, where nothing forbids it. */
const EARLIER = 30

export interface CyclesReport {
  /** By kind and currency, how often it was done and undone. */
  readonly undone: ReadonlyMap<string, number>
  readonly events: number
}

/** A day that an event names, and that nothing is posted on. */
const NO_DAY_OF_ITS_OWN = ['collectedOn', 'publishedOn', 'dueOn']

/** The first day on which anything of the events stands. */
const earliestOf = (facts: readonly PlacedFact[]): string =>
  facts
    .flatMap(({ whole }) => [...JSON.stringify(whole).matchAll(/"(\w+)":"(\d{4}-\d\d-\d\d)"/g)])
    .flatMap(([, field = '', day = '']) => (NO_DAY_OF_ITS_OWN.includes(field) ? [] : [day]))
    .reduce((earliest, day) => (day < earliest ? day : earliest), END_OF_TIME)

const shuffled = <Item>(items: readonly Item[], random: Random): Item[] =>
  items
    .map((item) => ({ item, at: random.between(0, 1_000_000) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)

interface Undo {
  readonly name: ActName
  readonly currency: string
  readonly steps: Step[]
}

/**
 * Crosswise: an undo may have to wait for another. What is refused when nothing else moves any more was undone with something
 * else, as a cancelled invoice frees what settled it; then the next step follows.
 */
const undoAll = async (
  undos: readonly Undo[],
  { random, lastDone, end }: { readonly random: Random; readonly lastDone: string; readonly end: string },
): Promise<ReadonlyMap<string, string>> => {
  const refusals = new Map<string, string>()
  for (let waiting = shuffled(undos, random), hasMoved = true; waiting.length > 0; ) {
    // What has a step to follow goes on first: an undo of one step may wait for just that.
    if (!hasMoved) (waiting.find(({ steps }) => steps.length > 1) ?? waiting[0])?.steps.shift()
    hasMoved = false
    for (const { name, steps } of waiting) {
      while (steps[0] !== undefined) {
        const day = random.chance(0.2) ? undefined : addDays(lastDone, random.between(0, UNDOING))
        let { refused } = await steps[0](day)
        if (refused !== undefined) ({ refused } = await steps[0](end))
        if (refused !== undefined) {
          refusals.set(name, refused)
          break
        }
        steps.shift()
        hasMoved = true
      }
    }
    waiting = waiting.filter(({ steps }) => steps.length > 0)
  }
  return refusals
}

const numberOf = (log: MemoryLog, receiptId: string): number | undefined => {
  const fact = log.events
    .flatMap((event) => (event.type === 'ReceiptIssued' ? (readFact(event) ?? []) : []))
    .find(({ type, data }) => type === 'ReceiptIssued' && data.receiptId === receiptId)
  return fact?.type === 'ReceiptIssued' ? fact.data.number : undefined
}

const names = Object.keys(ACTS).filter((name): name is ActName => Object.hasOwn(ACTS, name))

/** Does one thing of every kind, undoes all of it in another order, and looks whether anything is left of it. */
const playWorld = async (
  seed: string,
  cycles: number,
  find: (what: string) => void,
  count: (name: ActName, currency: string) => void,
): Promise<number> => {
  const random = createRandom(seed)
  const { company, log, nobodysIds, setToday } = await foundWorld(random)
  const { look, catchUp, fresh } = startLooking(log, find)
  const values = (): Figures => valuesOf(CLIENTS.map((clientId) => [clientId, company.accountOf(clientId)]))
  let start: BusinessDay = addDays(FIRST_DAY, 1)
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    const when = `cycle ${cycle} of --seed ${seed}`
    const [lastDone, end] = [addDays(start, DOING), addDays(start, DOING + UNDOING)]
    setToday(end)
    await catchUp()
    const [before, valuesBefore, dueBefore] = [look(END_OF_TIME, `${when}, before`), values(), dueNow(company)]
    const undos: Undo[] = []
    for (const [index, name] of shuffled(names, random).entries()) {
      const [clientId, otherId] = random.chance(0.5) ? CLIENTS : ([CLIENTS[1], CLIENTS[0]] as const)
      const on = addDays(start, random.chance(0.3) ? -random.between(0, EARLIER) : random.between(0, DOING))
      const doing: Doing = {
        company,
        random,
        clientId,
        otherId,
        currency: random.pick(CURRENCIES),
        id: `x${cycle}-${index}`,
        on,
        nobodysIds,
        dueBefore,
        numberOf: (receiptId) => numberOf(log, receiptId),
      }
      // A day that is too early is one on which it is tried again.
      const done = (await ACTS[name](doing)) ?? (await ACTS[name]({ ...doing, on: lastDone }))
      if (done !== undefined) undos.push({ name, currency: done.currency, steps: [...done.undo] })
    }
    const refusals = await undoAll(undos, { random, lastDone, end })
    const facts = fresh()
    const dayBefore = addDays(earliestOf(facts), -1)
    const earlier = look(dayBefore, `${when}, before`)
    await catchUp()
    const left =
      firstChange(before, look(END_OF_TIME, `${when}, after`)) ??
      firstChange(valuesBefore, values()) ??
      firstChange(earlier, look(dayBefore, `${when}, after`))
    if (left !== undefined) {
      const refused = [...refusals].map(([name, code]) => `${name} ${code}`)
      const told = facts.map(({ type, data }) => `\n    ${type} ${JSON.stringify(data)}`)
      find(`${when}: ${left}; refused: ${refused.join(', ')}${told.join('')}`)
      return log.events.length
    }
    for (const { name, currency } of undos) count(name, currency)
    start = addDays(end, 1)
    if (random.chance(0.3)) {
      setToday(start)
      await company.onItself({ type: 'ClosePeriod', data: { companyId: COMPANY, through: end } })
    }
  }
  return log.events.length
}

/** So many cycles in one company that undos meet what was undone before, so few that its tables stay small. */
const CYCLES_A_WORLD = 10

export const playUndoCycles = async (
  { seed, cycles }: { readonly seed: string; readonly cycles: number },
  find: (what: string) => void,
  onWorld: (cycles: number, events: number) => void = () => undefined,
): Promise<CyclesReport> => {
  const undone = new Map<string, number>()
  let events = 0
  for (let done = 0; done < cycles; done += CYCLES_A_WORLD) {
    const some = Math.min(CYCLES_A_WORLD, cycles - done)
    const count = (name: ActName, currency: string): void => {
      const key = `${name} ${currency}`
      undone.set(key, (undone.get(key) ?? 0) + 1)
    }
    events += await playWorld(done === 0 ? seed : `${seed}+${done}`, some, find, count)
    onWorld(done + some, events)
  }
  return { undone, events }
}
