import { isFiscalCode } from '@registru/domain'
import type { Random } from './random.ts'

/** Invented clients whose names could stand on a Romanian street: any likeness to a firm is chance. */
export interface Party {
  readonly clientId: string
  readonly kind: 'BUSINESS' | 'INDIVIDUAL'
  readonly name: string
  readonly taxId?: string
  readonly tradeRegisterNumber?: string
  readonly address: {
    readonly street: string
    readonly city: string
    readonly county: string
    readonly countryCode: 'RO'
  }
  readonly email?: string
}

const stems = [
  'Alba',
  'Bistra',
  'Cetatea',
  'Codrul',
  'Crișana',
  'Dacia',
  'Delta',
  'Dorna',
  'Făgetul',
  'Gutâi',
  'Hora',
  'Izvorul',
  'Jiul',
  'Lacrima',
  'Lunca',
  'Măgura',
  'Mureșul',
  'Nera',
  'Oltul',
  'Piatra',
  'Poiana',
  'Prahova',
  'Răsăritul',
  'Retezat',
  'Siretul',
  'Someșul',
  'Stejarul',
  'Șoimul',
  'Tarnița',
  'Teiul',
  'Trotuș',
  'Țara Bârsei',
  'Vâlceaua',
  'Vidraru',
  'Zorile',
]
const trades = [
  'Construct',
  'Instal',
  'Logistic',
  'Media',
  'Mobila',
  'Panificație',
  'Auto',
  'Agro',
  'Farm',
  'Textil',
  'Soft',
  'Transport',
  'Consulting',
  'Design',
  'Energie',
  'Turism',
  'Dent',
  'Metal',
  'Papetărie',
  'Clima',
]
const forms = ['SRL', 'SRL', 'SRL', 'SRL', 'SA', 'SRL-D']
const familyNames = [
  'Ardelean',
  'Bălan',
  'Ciobanu',
  'Dobre',
  'Enache',
  'Florea',
  'Grigorescu',
  'Hanganu',
  'Ionescu',
  'Lazăr',
  'Manole',
  'Nistor',
  'Oprea',
  'Pârvu',
  'Rusu',
  'Stănescu',
  'Șerban',
  'Tudose',
  'Țurcanu',
  'Voicu',
]
const givenNames = [
  'Andreea',
  'Bogdan',
  'Cătălina',
  'Dan',
  'Elena',
  'Florin',
  'Gabriela',
  'Horia',
  'Ioana',
  'Lucian',
  'Mădălina',
  'Nicu',
  'Oana',
  'Radu',
  'Simona',
  'Ștefan',
  'Teodora',
  'Vlad',
]
const streets = [
  'Str. Fabricii',
  'Str. Mihai Eminescu',
  'Bd. Unirii',
  'Str. Morii',
  'Str. Viitorului',
  'Calea Moldovei',
  'Str. Gării',
  'Bd. Tudor Vladimirescu',
  'Str. Păcurari',
  'Str. Crângului',
]
const towns = [
  ['Iași', 'IS'],
  ['Cluj-Napoca', 'CJ'],
  ['Timișoara', 'TM'],
  ['Brașov', 'BV'],
  ['Constanța', 'CT'],
  ['Sibiu', 'SB'],
  ['Bacău', 'BC'],
  ['Oradea', 'BH'],
  ['Suceava', 'SV'],
  ['Pașcani', 'IS'],
  ['Târgu Mureș', 'MS'],
] as const

const addressOf = (random: Random): Party['address'] => {
  const [city, county] = random.pick(towns)
  return { street: `${random.pick(streets)} ${random.between(1, 120)}`, city, county, countryCode: 'RO' }
}

/** A fiscal code whose control digit is right; there is exactly one for every eight digits. */
export const fiscalCode = (random: Random): string => {
  const body = `${random.between(10_000_000, 48_999_999)}`
  const last = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'].find((digit) => isFiscalCode(body + digit))
  return body + last
}

const plainAscii = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')

/** Ends in a number that no other client of the firm has: chance gives names twice. */
const idOf = (name: string, number: number): string => `${plainAscii(name)}-${number}`

export const business = (random: Random, number: number): Party => {
  const brand = `${random.pick(stems)} ${random.pick(trades)}`
  const taxId = fiscalCode(random)
  return {
    clientId: idOf(brand, number),
    kind: 'BUSINESS',
    name: `${brand} ${random.pick(forms)}`,
    // «RO» in front says that the client is registered for VAT; small ones are not.
    taxId: random.chance(0.8) ? `RO${taxId}` : taxId,
    tradeRegisterNumber: `J${random.between(1, 40)}/${random.between(100, 4_000)}/${random.between(1994, 2025)}`,
    address: addressOf(random),
    email: `contabilitate@${plainAscii(brand)}.example`,
  }
}

export const individual = (random: Random, number: number): Party => {
  const name = `${random.pick(familyNames)} ${random.pick(givenNames)}`
  return { clientId: idOf(name, number), kind: 'INDIVIDUAL', name, address: addressOf(random) }
}
