/** What the Romanian chart calls its accounts (OMFP 1802/2014), for who reads them on paper. */
const NAMES: Readonly<Record<string, string>> = {
  '401': 'Furnizori',
  '413': 'Efecte de primit de la clienți',
  '4111': 'Clienți',
  '419': 'Clienți - creditori',
  '4427': 'TVA colectată',
  '4428': 'TVA neexigibilă',
  '461': 'Debitori diverși',
  '462': 'Creditori diverși',
  '473': 'Decontări din operațiuni în curs de clarificare',
  '5112': 'Cecuri de încasat',
  '5121': 'Conturi la bănci în lei',
  '5124': 'Conturi la bănci în valută',
  '5125': 'Sume în curs de decontare',
  '5311': 'Casa în lei',
  '5314': 'Casa în valută',
  '627': 'Cheltuieli cu serviciile bancare și asimilate',
  '654': 'Pierderi din creanțe și debitori diverși',
  '6588': 'Alte cheltuieli de exploatare',
  '665': 'Cheltuieli din diferențe de curs valutar',
  '667': 'Cheltuieli privind sconturile acordate',
  '707': 'Venituri din vânzarea mărfurilor',
  '709': 'Reduceri comerciale acordate',
  '754': 'Venituri din creanțe reactivate și debitori diverși',
  '758': 'Alte venituri din exploatare',
  '7581': 'Venituri din despăgubiri, amenzi și penalități',
  '7588': 'Alte venituri din exploatare',
  '765': 'Venituri din diferențe de curs valutar',
}

/** Of a number or of an analytic account under it; `undefined` for what is no number of the chart. */
export const accountName = (number: string): string | undefined => NAMES[number] ?? NAMES[number.split('.')[0] ?? '']
