import { BusinessDay, Currency, Rate } from '@registru/domain'
import { SaxesParser } from 'saxes'

/** What BNR published on one day, by currency: the price of one unit in lei, exactly. */
export interface PublishedRates {
  readonly on: BusinessDay
  readonly rates: Readonly<Record<string, string>>
}

export interface BnrFile {
  /** The earliest day first. */
  readonly days: readonly PublishedRates[]
  /** Names that are no currency of payments (gold, drawing rights, currencies that are gone), and prices that were not set. */
  readonly leftOut: readonly string[]
}

/** It is no file of rates, or not wholly; it names the line. Nothing of such a file is taken. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused'
}

/** The tags of the two files, the daily and the yearly one: they differ in the number of `Cube`s alone. */
const CUBE = 'DataSet/Body/Cube'
const RATE = `${CUBE}/Rate`
const PRICES_IN = 'DataSet/Body/OrigCurrency'

const NOT_QUOTED: ReadonlySet<string> = new Set(['', '-'])
const MULTIPLIER = /^1(0{0,6})$/

/** Off by powers of ten alone: the point moves, and no digit is lost. `undefined`: it is no price. */
const priceOfOne = (price: string, multiplier: string): string | undefined => {
  const zeros = MULTIPLIER.exec(multiplier)?.[1]?.length
  if (zeros === undefined || !Rate.safeParse(price).success) return undefined
  const [whole = '', decimals = ''] = price.split('.')
  const digits = whole.padStart(zeros + 1, '0')
  const point = digits.length - zeros
  const units = digits.slice(0, point).replace(/^0+(?=\d)/, '')
  const rest = digits.slice(point) + decimals
  const one = rest === '' ? units : `${units}.${rest}`
  return Rate.safeParse(one).success ? one : undefined
}

/**
 * Reads `nbrfxrates.xml` or a yearly file of BNR. It is refused as a whole when any of it is not as expected: half a year
 * of rates would look like a year.
 * @throws FileRefused
 */
export const readBnrFile = (xml: string): BnrFile => {
  const days = new Map<BusinessDay, Record<string, string>>()
  const leftOut = new Set<string>()
  const path: string[] = []
  let on: BusinessDay = ''
  let currency = ''
  let multiplier = ''
  let text = ''

  const parser = new SaxesParser({ xmlns: true })
  const refuse = (reason: string): never => {
    throw new FileRefused(`line ${parser.line}: ${reason}`)
  }
  const begin = (name: string, attribute: (name: string) => string | undefined): void => {
    path.push(name)
    text = ''
    if (path.length === 1 && name !== 'DataSet') refuse(`a file of BNR begins with DataSet, not with ${name}`)
    const place = path.join('/')
    if (place === CUBE) {
      on = BusinessDay.safeParse(attribute('date')).data ?? refuse(`${attribute('date') ?? 'nothing'} is no day`)
      if (days.has(on)) refuse(`${on} comes a second time`)
      days.set(on, {})
    }
    if (place === RATE) {
      currency = attribute('currency') ?? refuse('a rate of no currency')
      multiplier = attribute('multiplier') ?? '1'
    }
  }
  const end = (): void => {
    const place = path.join('/')
    path.pop()
    const said = text.trim()
    if (place === PRICES_IN && said !== 'RON') refuse(`prices in ${said}, not in RON`)
    if (place !== RATE) return
    if (NOT_QUOTED.has(said) || !Currency.safeParse(currency).success) {
      leftOut.add(currency)
      return
    }
    const rates = days.get(on) ?? {}
    if (rates[currency] !== undefined) refuse(`${currency} of ${on} comes a second time`)
    rates[currency] = priceOfOne(said, multiplier) ?? refuse(`${said} for ${multiplier} ${currency} is no rate`)
  }

  // Entities and files elsewhere: nothing that BNR needs, and all that a stranger would.
  parser.on('doctype', () => refuse('a DOCTYPE'))
  parser.on('opentag', ({ local, attributes }) => begin(local, (name) => attributes[name]?.value))
  parser.on('text', (more) => {
    text += more
  })
  parser.on('closetag', end)
  parser.on('error', ({ message }) => {
    throw new FileRefused(`line ${message}`)
  })
  parser.write(xml).close()

  const told = [...days].filter(([, rates]) => Object.keys(rates).length > 0)
  if (told.length === 0) throw new FileRefused('there is no rate in it')
  return {
    days: told.map(([day, rates]) => ({ on: day, rates })).toSorted((one, other) => (one.on < other.on ? -1 : 1)),
    leftOut: [...leftOut].toSorted(),
  }
}
