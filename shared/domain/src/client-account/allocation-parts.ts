import { roundedRatio } from '../rounding.ts'
import type { ForeignPart, LivingAllocation } from './records/allocations.ts'

/**
 * Of one payment on one invoice, so many parts are told apart; beyond, the oldest two become one. Hardly anybody
 * allocates twice to the same invoice, and a record must not grow without end.
 */
const PARTS_MAX = 16

const plus = (left: bigint | undefined, right: bigint | undefined): bigint | undefined =>
  left === undefined && right === undefined ? undefined : (left ?? 0n) + (right ?? 0n)

const joined = (older: ForeignPart, newer: ForeignPart): ForeignPart => {
  const currency = newer.values?.currency ?? older.values?.currency
  return {
    amount: older.amount + newer.amount,
    paid: older.paid + newer.paid,
    rate: newer.rate ?? older.rate,
    values:
      currency === undefined
        ? undefined
        : {
            currency,
            invoice: plus(older.values?.invoice, newer.values?.invoice),
            payment: plus(older.values?.payment, newer.values?.payment),
          },
  }
}

/** All parts as one; `undefined` where no foreign currency is involved. */
const wholeOf = (parts: readonly ForeignPart[]): ForeignPart | undefined =>
  parts.length === 0 ? undefined : parts.reduce(joined)

/** What an allocation takes of its payment, in the payment's currency. */
export const paidBy = ({ amount, parts }: Pick<LivingAllocation, 'amount' | 'parts'>): bigint => {
  const whole = wholeOf(parts)
  return whole === undefined ? amount : whole.paid + amount - whole.amount
}

export const withPart = (parts: readonly ForeignPart[], part: ForeignPart | undefined): readonly ForeignPart[] => {
  if (part === undefined) return parts
  const [oldest, second, ...rest] = parts
  if (oldest === undefined || second === undefined || parts.length < PARTS_MAX) return [...parts, part]
  return [joined(oldest, second), ...rest, part]
}

/** What goes back of something taken, when `part` of a whole is undone: of the last part, all that is left. */
const backOf = (taken: bigint | undefined, whole: bigint, part: bigint): bigint | undefined => {
  if (taken === undefined || part === whole) return taken
  return taken - roundedRatio(taken * (whole - part), whole)
}

const less = (taken: bigint | undefined, back: bigint | undefined): bigint | undefined =>
  taken === undefined ? undefined : taken - (back ?? 0n)

const split = (part: ForeignPart, amount: bigint): { readonly back: ForeignPart; readonly stays: ForeignPart } => {
  const { rate, values } = part
  const paid = backOf(part.paid, part.amount, amount) ?? 0n
  const invoice = backOf(values?.invoice, part.amount, amount)
  // By what is paid, not by what is settled: a credit of nothing is worth nothing.
  const payment = backOf(values?.payment, part.paid, paid)
  return {
    back: { amount, paid, rate, values: values && { ...values, invoice, payment } },
    stays: {
      amount: part.amount - amount,
      paid: part.paid - paid,
      rate,
      values: values && {
        ...values,
        invoice: less(values.invoice, invoice),
        payment: less(values.payment, payment),
      },
    },
  }
}

/**
 * Undoes `amount`, the newest parts first: so an allocation that is undone before the next one gives back exactly what
 * it took. `back` is what returns, `stays` the parts that are left.
 */
export const undoNewest = (
  parts: readonly ForeignPart[],
  amount: bigint,
): { readonly back: ForeignPart | undefined; readonly stays: readonly ForeignPart[] } => {
  const stays = [...parts]
  const back: ForeignPart[] = []
  for (let left = amount; left > 0n; ) {
    const newest = stays.pop()
    if (newest === undefined) break
    if (newest.amount <= left) {
      back.push(newest)
      left -= newest.amount
    } else {
      const parted = split(newest, left)
      back.push(parted.back)
      stays.push(parted.stays)
      left = 0n
    }
  }
  return { back: wholeOf(back), stays }
}
