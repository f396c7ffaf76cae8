import { z } from 'zod'

/** Days of a civil calendar without a clock: the domain is pure, so it counts days itself. */
const DAY_PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

const isLeapYear = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

const daysInMonth = (year: number, month: number): number =>
  month === 2 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0)

const parts = (day: string): readonly [year: number, month: number, day: number] => [
  +day.slice(0, 4),
  +day.slice(5, 7),
  +day.slice(8, 10),
]

const isDay = (text: string): boolean => {
  if (!DAY_PATTERN.test(text)) return false
  const [year, month, day] = parts(text)
  return year >= 1990 && year <= 2199 && day >= 1 && day <= daysInMonth(year, month)
}

/**
 * A calendar day in Europe/Bucharest, `yyyy-mm-dd`: the effective day, stored in the event and never derived later,
 * because time-zone data changes. Days compare as strings.
 */
export const BusinessDay = z
  .string()
  .refine(isDay, 'a day that exists, as yyyy-mm-dd, from 1990 to 2199')
  .meta({ format: 'date', description: 'Business day in Europe/Bucharest', examples: ['2026-11-02'] })
export type BusinessDay = z.infer<typeof BusinessDay>

/** A calendar month, `yyyy-mm`. */
export const Month = z
  .string()
  .regex(/^[12]\d{3}-(0[1-9]|1[0-2])$/, 'a month, as yyyy-mm')
  .meta({ description: 'Calendar month', examples: ['2026-09'] })
export type Month = z.infer<typeof Month>

export const monthOf = (day: BusinessDay): Month => day.slice(0, 7)

/** The latest of the days that are given; `undefined` ones do not count. */
export const latest = (first: BusinessDay, ...others: readonly (BusinessDay | undefined)[]): BusinessDay => {
  let result = first
  for (const day of others) if (day !== undefined && day > result) result = day
  return result
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar (era arithmetic: 400 years are 146,097 days). */
const toOrdinal = (day: BusinessDay): number => {
  const [y, month, d] = parts(day)
  const year = month <= 2 ? y - 1 : y
  const era = Math.floor(year / 400)
  const yearOfEra = year - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + d - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

const fromOrdinal = (ordinal: number): BusinessDay => {
  const z = ordinal + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${year}-${`${month}`.padStart(2, '0')}-${`${day}`.padStart(2, '0')}`
}

/** Calendar days from `from` to `to`; negative when `to` is earlier. */
export const daysBetween = (from: BusinessDay, to: BusinessDay): number => toOrdinal(to) - toOrdinal(from)

export const addDays = (day: BusinessDay, days: number): BusinessDay => fromOrdinal(toOrdinal(day) + days)

/** `dd.MM.yyyy`, as Romanian documents write a day. */
export const formatRomanianDay = (day: BusinessDay): string =>
  `${day.slice(8, 10)}.${day.slice(5, 7)}.${day.slice(0, 4)}`
