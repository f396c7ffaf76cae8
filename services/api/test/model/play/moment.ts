/** What whoever gives a command knows of the moment, and may pick from. */
import { decimal } from '../oracle/amounts.ts'
import type { Oracle } from '../oracle/oracle.ts'
import type { Random } from '../random.ts'

/** The open days of each phase, in their order, and what there is of commands and receipts. */
export interface Course {
  readonly phases: readonly (readonly string[])[]
  readonly perPhase: number
  readonly receiptsMax: number
}

/** Whoever gives the commands. */
export interface Client {
  readonly clientId: string
  /** Its place among all clients: the numbers of its papers are no other's. */
  readonly place: number
  readonly random: Random
  readonly oracle: Oracle
}

export const money = (amount: number, currency = 'RON') => ({ amount: decimal(amount), currency })

/** Digits, as a payer writes them. */
const numberOf = (place: number, phase: number, step: number): string =>
  String(1_000_000 * (place + 1) + 100_000 * (phase + 1) + step)

export const dayAfter = (from: string, days: number): string =>
  new Date(Date.parse(`${from}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

const RATES = ['4.9765', '5.0900', '5.1234'] as const

export const momentOf = (
  { clientId, place, random, oracle }: Client,
  { phases, perPhase, receiptsMax }: Course,
  phase: number,
  step: number,
) => {
  const { state } = oracle
  const lastOf = (of: number): string => phases[of]?.at(-1) ?? ''
  const someDay = (): string => (random.chance(0.3) ? (phases[phase]?.[0] ?? '') : lastOf(phase))
  const today = someDay()
  const day = phase > 0 && random.chance(0.08) ? lastOf(phase - 1) : someDay()
  const someInvoice = () => random.pick([...state.invoices.keys()], 'no-invoice')
  const somePayment = () => random.pick([...state.payments.keys()], 'no-payment')
  const ownNumber = numberOf(place, phase, step)
  const someNumber = () =>
    random.pick<{ readonly number: string }>(
      [...state.invoices.values()].filter(({ claim }) => claim === ''),
      { number: ownNumber },
    ).number
  return {
    clientId,
    random,
    state,
    oracle,
    today,
    day,
    receiptsMax,
    series: `S-${clientId}`,
    /** Each has due days of its own, so that only one order is the oldest first. */
    dueFrom: (first: string): string => dayAfter(first, phase * perPhase + step),
    fresh: (name: string): string => (random.chance(0.05) ? `${name}-1-1` : `${name}-${phase}-${step}`),
    amount: (): number => random.upTo(60_000),
    currency: (): string => (random.chance(0.25) ? 'EUR' : 'RON'),
    rate: () => ({ rate: random.pick(RATES, '5.0900'), source: 'BNR', publishedOn: '2026-10-02' }),
    someInvoice,
    somePayment,
    someNumber,
    /** Now and then a paper comes again, with zeros before its number. */
    paper: (): string => (random.chance(0.05) ? `000${someNumber()}` : ownNumber),
    /** Drawn once, for all that a command says of them. */
    about: { clientId, paymentId: somePayment(), invoiceId: someInvoice() },
  }
}
export type Moment = ReturnType<typeof momentOf>
