const bucharestDay = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Bucharest',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
})

/** Clocks differ from UTC by whole quarters of an hour, so no day begins inside one. */
const QUARTER_MS = 15 * 60 * 1_000

/** The last quarter that was asked for, and its day: formatting takes longer than most decisions. */
let known = { quarter: Number.NaN, day: '' }

/** The day that an instant falls on in Europe/Bucharest, as yyyy-mm-dd: Swedish writes days in ISO form. */
export const businessDayOf = (instant: Date): string => {
  const quarter = Math.floor(instant.getTime() / QUARTER_MS)
  if (quarter !== known.quarter) known = { quarter, day: bucharestDay.format(instant) }
  return known.day
}
