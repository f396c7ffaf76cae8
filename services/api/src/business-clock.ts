const bucharestDay = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Bucharest',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
})

/** The day that an instant falls on in Europe/Bucharest, as yyyy-mm-dd: Swedish writes days in ISO form. */
export const businessDayOf = (instant: Date): string => bucharestDay.format(instant)
