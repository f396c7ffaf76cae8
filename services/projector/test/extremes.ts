import {
  type AccountCommand,
  AllocatePayment,
  AnnulReceipt,
  addDays,
  CancelInvoice,
  ClaimKind,
  ClosePeriod,
  type CompanyCommand,
  type CompanyRules,
  ConfirmPaymentCleared,
  ContinueReceiptBook,
  type Currency,
  clientAccount,
  clientAccountStream,
  company,
  companyStream,
  DeallocatePayment,
  type Decider,
  decimalOf,
  decimalsOfCurrency,
  type ExchangeRatesCommand,
  ExtendReceiptRange,
  exchangeRates,
  exchangeRatesStream,
  GrantDiscount,
  IdentifyPayment,
  IssueReceipt,
  type LedgerEvent,
  type LedgerMessage,
  MergeClients,
  type Message,
  MINOR_MAX,
  moneyOf,
  movableFrom,
  OpenCashDesk,
  OpenReceiptBook,
  PaymentMethod,
  type Position,
  type ReceiptBookCommand,
  RecordExchangeRates,
  RecordPayment,
  RecordRefund,
  RecordSetOff,
  RecordUnidentifiedPayment,
  RefundMethod,
  RefundReversalReason,
  RegisterClaim,
  RegisterClient,
  RegisterCompany,
  RegisterCreditNote,
  RegisterInvoice,
  ReleaseCredit,
  ReleaseReason,
  ReopenPeriod,
  ReprintReceipt,
  RescheduleInvoice,
  ReturnUnidentifiedPayment,
  ReverseCreditNote,
  ReverseDiscount,
  ReversePayment,
  ReverseRefund,
  ReverseSetOff,
  ReverseWriteOff,
  receiptBook,
  receiptBookStream,
  SetPolicy,
  TransferCredit,
  UndoIdentification,
  type UnidentifiedCommand,
  UnidentifiedReturnReason,
  UpdateClient,
  unidentified,
  unidentifiedPayments,
  unidentifiedStream,
  WriteOffInvoice,
} from '@registru/domain'
import { eventMetadata } from '@registru/domain/examples'

type Command = AccountCommand | CompanyCommand | ExchangeRatesCommand | ReceiptBookCommand | UnidentifiedCommand
type DataOf<Type extends Command['type']> = Extract<Command, { readonly type: Type }>['data']
/** What leaves beyond what is there becomes a claim, whose id the route derives. */
type Leaving = 'ReversePayment' | 'RecordRefund'
const isLeaving = (type: Command['type']): boolean => type === 'ReversePayment' || type === 'RecordRefund'
type Asked<Type extends Command['type']> = Type extends Leaving ? Omit<DataOf<Type>, 'claimId'> : DataOf<Type>

/** Commands that only the ledger asks of itself. */
type OwnCommand =
  | 'DeclineReceipt'
  | 'EnterReceipt'
  | 'ReleaseReceipt'
  | 'PayForAnother'
  | 'ReceiveTransfer'
  | 'CompleteTransfer'
  | 'DeclineTransfer'
  | 'RecallTransfer'
  | 'ConcludeReversal'
  | 'AcceptMerge'
  | 'ConfirmMerge'
  | 'DeclineMerge'
  | 'MoveItems'
  | 'ReceiveInvoice'
  | 'DeclineInvoiceMove'
  | 'ConcludeMerge'
  | 'ReceiveIdentification'
  | 'CompleteIdentification'
  | 'DeclineIdentification'
  | 'TakeBackIdentification'

export type JsonSchema =
  | boolean
  | {
      readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
      readonly items?: JsonSchema | readonly JsonSchema[] | undefined
      readonly anyOf?: readonly JsonSchema[] | undefined
      readonly oneOf?: readonly JsonSchema[] | undefined
      readonly enum?: readonly unknown[] | undefined
      readonly const?: unknown
    }

interface CommandSchema {
  readonly parse: (data: unknown) => object
  readonly toJSONSchema: (options: { readonly io: 'input' }) => JsonSchema
}

/** A command that is missing here does not compile, and one that nothing below asks for fails the test. */
export const commandSchemas: Readonly<Record<Exclude<Command['type'], OwnCommand>, CommandSchema>> = {
  AllocatePayment,
  AnnulReceipt,
  CancelInvoice,
  ClosePeriod,
  ConfirmPaymentCleared,
  ContinueReceiptBook,
  DeallocatePayment,
  ExtendReceiptRange,
  GrantDiscount,
  IdentifyPayment,
  IssueReceipt,
  MergeClients,
  OpenCashDesk,
  OpenReceiptBook,
  RecordExchangeRates,
  RecordPayment,
  RecordRefund,
  RecordSetOff,
  RegisterClaim,
  RecordUnidentifiedPayment,
  RegisterClient,
  RegisterCompany,
  RegisterCreditNote,
  RegisterInvoice,
  RescheduleInvoice,
  ReopenPeriod,
  ReprintReceipt,
  ReleaseCredit,
  ReturnUnidentifiedPayment,
  ReverseCreditNote,
  ReverseDiscount,
  ReversePayment,
  ReverseRefund,
  ReverseSetOff,
  ReverseWriteOff,
  SetPolicy,
  TransferCredit,
  UndoIdentification,
  UpdateClient,
  WriteOffInvoice,
}

/** What is extreme about a company, beside the sizes that all of them reach. */
export interface Edge {
  readonly companyId: string
  readonly functional: Currency
  readonly foreign: Currency
  readonly today: string
  /** How many invoices one payment settles. */
  readonly items: number
  /** A text that takes this many characters, or an odd shorter one. */
  readonly text: (lengthMax: number) => string
}

const FIRST_DAY = '1990-01-01'
const LAST_DAY = '2199-12-31'
/** The most allocations that one command takes. */
export const ITEMS_MAX = 500
const NUMBER_MAX = 9_999_999_999

/** The longest id that there is. */
export const longId = (name: string): string => name.padEnd(64, '~')

const numbered = <Item>(length: number, item: (index: number) => Item): Item[] =>
  Array.from({ length }, (_, index) => item(index))

/** A log of one company, in which every command that was asked for was accepted. */
const createCompany = ({ companyId, today, text }: Edge, nextPosition: () => Position) => {
  const events: LedgerEvent[] = []
  const asked: { readonly type: string; readonly data: object }[] = []
  let rules: CompanyRules | undefined

  const streamsOf = <State, Of extends Command, Event extends LedgerMessage & Message>(
    decider: Decider<State, Of, Event>,
  ) => {
    const states = new Map<string, State>()
    const revisions = new Map<string, bigint>()
    const append = (stream: string, command: Of): readonly Event[] => {
      let state = states.get(stream) ?? decider.initialState()
      let revision = revisions.get(stream) ?? -1n
      const decided = decider.decide(command, state, { today, company: rules })
      if (decided.length === 0) throw new Error(`${command.type} changes nothing`)
      asked.push(command)
      for (const event of decided) {
        const eventId = crypto.randomUUID()
        state = decider.evolve(state, { ...event, eventId })
        revision += 1n
        const metadata = eventMetadata({
          companyId,
          actor: text(200),
          reason: text(500),
          correlationId: '~'.repeat(128),
          causationId: '~'.repeat(128),
        })
        const createdAt = new Date(metadata.recordedAt)
        const place = { stream, revision, position: nextPosition(), eventId, createdAt, metadata }
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a decider pairs type and data; a spread loses it
        events.push({ ...event, ...place } as unknown as LedgerEvent)
      }
      states.set(stream, state)
      revisions.set(stream, revision)
      return decided
    }
    return { states, append }
  }
  const companies = streamsOf(company)
  const accounts = streamsOf(clientAccount)
  const books = streamsOf(receiptBook)
  const nobodys = streamsOf(unidentified)
  const prices = streamsOf(exchangeRates)

  /** As at the edge: the schema first, then what the route adds. */
  const commandOf = <Of extends Command>(type: keyof typeof commandSchemas, data: object, ofRoute: object = {}): Of =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema of this type has just checked it
    ({ type, data: { ...commandSchemas[type].parse(data), ...ofRoute } }) as unknown as Of

  const onBook = (command: ReceiptBookCommand): void => {
    for (const event of books.append(receiptBookStream(companyId, command.data.series), command)) {
      if (event.type === 'ReceiptRefused') {
        const { clientId, paymentId, receiptId, series, code } = event.data
        carryOut({ type: 'DeclineReceipt', data: { clientId, paymentId, receiptId, series, code } })
      }
      if (event.type === 'ReceiptAnnulled') carryOut({ type: 'ReleaseReceipt', data: event.data })
    }
  }
  const move = (request: Extract<LedgerMessage, { type: 'TransferRequested' }>['data']): void => {
    const { clientId, paymentId, toClientId, transferId, ...moved } = request
    const origin = { clientId, paymentId }
    const received = { clientId: toClientId, origin, transferId, ...moved }
    const stream = clientAccountStream(companyId, toClientId)
    const answers = accounts.append(stream, { type: 'ReceiveTransfer', data: received })
    const code = answers.find((event) => event.type === 'TransferRefused')?.data.code
    carryOut(
      code === undefined
        ? { type: 'CompleteTransfer', data: { ...origin, transferId } }
        : { type: 'DeclineTransfer', data: { ...origin, transferId, code } },
    )
  }
  const merge = ({ clientId, intoClientId }: Extract<LedgerMessage, { type: 'MergeRequested' }>['data']): void => {
    carryOut({ type: 'AcceptMerge', data: { clientId: intoClientId, fromClientId: clientId } })
    carryOut({ type: 'ConfirmMerge', data: { clientId } })
    const account = accounts.states.get(clientAccountStream(companyId, clientId))
    if (account === undefined) throw new Error(`${clientId} is merged and was never registered`)
    const { invoiceIds, paymentIds } = movableFrom(account, 0, Number.MAX_SAFE_INTEGER)
    const invoices = invoiceIds.map((invoiceId) => ({ invoiceId, moveId: crypto.randomUUID() }))
    const credits = paymentIds.map((paymentId, index) => ({ paymentId, transferId: longId(`merged-${index}`) }))
    carryOut({ type: 'MoveItems', data: { clientId, invoices, credits } })
    carryOut({ type: 'ConcludeMerge', data: { clientId, round: 0 } })
  }
  const onNobodys = (command: UnidentifiedCommand): void => {
    const stream = unidentifiedStream(companyId)
    for (const event of nobodys.append(stream, command)) {
      if (event.type !== 'IdentificationRequested') continue
      const { paymentId, clientId, identificationId } = event.data
      const state = nobodys.states.get(stream)
      const payment = state && unidentifiedPayments.get(state, paymentId)
      if (payment === undefined) throw new Error(`${paymentId} was identified and never recorded`)
      const { method, bankReference, remittanceText } = payment
      const data = { ...event.data, method, bankReference, remittanceText }
      const answers = accounts.append(clientAccountStream(companyId, clientId), { type: 'ReceiveIdentification', data })
      const code = answers.find(({ type }) => type === 'IdentificationRefused')?.data
      const which = { paymentId, clientId, identificationId }
      onNobodys(
        code !== undefined && 'code' in code
          ? { type: 'DeclineIdentification', data: { ...which, code: code.code } }
          : { type: 'CompleteIdentification', data: which },
      )
    }
  }
  const carryOut = (command: AccountCommand): void => {
    for (const event of accounts.append(clientAccountStream(companyId, command.data.clientId), command)) {
      if (event.type === 'TransferRequested') move(event.data)
      if (event.type === 'MergeRequested') merge(event.data)
      if (event.type === 'InvoiceMoveRequested') {
        const { intoClientId, clientId: fromClientId, ...moved } = event.data
        const data = { clientId: intoClientId, fromClientId, ...moved }
        accounts.append(clientAccountStream(companyId, intoClientId), { type: 'ReceiveInvoice', data })
      }
      if (event.type === 'IdentificationUndone') {
        const { method: _, reason: _reason, ...data } = event.data
        onNobodys({ type: 'TakeBackIdentification', data })
      }
      if (event.type !== 'ReceiptRequested') continue
      const { clientId: _, ...request } = event.data
      const person = { name: text(200), taxId: text(32), tradeRegisterNumber: text(64), address: addressOf(text) }
      const papers = { issuer: person, receivedFrom: person, cashier: text(200) }
      onBook({ type: 'EnterReceipt', data: { ...request, clientId: event.data.clientId, ...papers } })
    }
  }
  return {
    events,
    asked,
    onCompany: <Type extends CompanyCommand['type']>(type: Type, data: Omit<DataOf<Type>, 'companyId'>): void => {
      const stream = companyStream(companyId)
      companies.append(stream, commandOf(type, data, { companyId }))
      rules = companies.states.get(stream)?.rules
    },
    payForAnother: (data: Omit<DataOf<'PayForAnother'>, 'transferId'>, transferId: string): void => {
      asked.push({ type: 'AllocatePayment', data: AllocatePayment.parse(data) })
      carryOut({ type: 'PayForAnother', data: { ...data, transferId } })
    },
    payForOthers: (
      data: ReturnType<typeof RecordPayment.parse>,
      forOthers: NonNullable<DataOf<'RecordPayment'>['forOthers']>,
    ): void => {
      asked.push({ type: 'RecordPayment', data: RecordPayment.parse(data) })
      carryOut({
        type: 'RecordPayment',
        data: { ...data, receipt: undefined, allocation: { rule: 'none' }, forOthers },
      })
    },
    onNobodys: <Type extends Exclude<UnidentifiedCommand['type'], OwnCommand>>(
      type: Type,
      data: Extract<UnidentifiedCommand, { readonly type: Type }>['data'],
    ): void => onNobodys(commandOf(type, data)),
    undoIdentification: (data: ReturnType<typeof UndoIdentification.parse>, clientId: string): void => {
      asked.push({ type: 'UndoIdentification', data: UndoIdentification.parse(data) })
      carryOut({ type: 'UndoIdentification', data: { ...data, clientId, method: 'BANK_TRANSFER' } })
    },
    onRates: (data: DataOf<'RecordExchangeRates'>): void => {
      prices.append(exchangeRatesStream(companyId), commandOf('RecordExchangeRates', data))
    },
    onBook: <Type extends Exclude<ReceiptBookCommand['type'], OwnCommand>>(type: Type, data: DataOf<Type>): void =>
      onBook(commandOf(type, data)),
    onAccount: <Type extends Exclude<AccountCommand['type'], OwnCommand | 'UndoIdentification'>>(
      type: Type,
      data: Asked<Type>,
    ): void => carryOut(commandOf(type, data, isLeaving(type) ? { claimId: longId(`claim-${events.length}`) } : {})),
  }
}

const addressOf = (text: Edge['text']) => ({
  street: text(200),
  city: text(100),
  county: text(50),
  postalCode: text(16),
  // A foreign one: a Romanian fiscal code has at most ten digits.
  countryCode: 'AQ',
})

const minus = (amount: string): string => (/[1-9]/.test(amount) ? `-${amount}` : amount)

const emailOf = (letter: string): string => `${letter.repeat(64)}@${`${letter.repeat(60)}.`.repeat(3)}ro`

/** The life of a company that asks for as much as it may, with every field of every command. */
export const playExtremes = (edge: Edge, nextPosition: () => Position) => {
  const { functional, foreign, today, text } = edge
  const company = createCompany(edge, nextPosition)
  const {
    events,
    asked,
    onCompany,
    onBook,
    onAccount,
    payForAnother,
    payForOthers,
    onNobodys,
    undoIdentification,
    onRates,
  } = company
  const most = decimalOf(MINOR_MAX, functional)
  const least = decimalOf(1n, functional)
  const mostForeign = decimalOf(MINOR_MAX, foreign)
  const total = moneyOf(MINOR_MAX, functional)
  const totalForeign = moneyOf(MINOR_MAX, foreign)
  const rateOf = (rate: string) => ({ rate, source: 'BNR', publishedOn: FIRST_DAY }) as const
  /** The rate at which the largest amounts of both currencies are worth the same. */
  const digits = decimalsOfCurrency(foreign) - decimalsOfCurrency(functional)
  const par = digits < 0 ? `0.${'1'.padStart(-digits, '0')}` : `1${'0'.repeat(digits)}`
  const [deskId, series] = [longId('desk'), longId('series')]
  const [clientId, individual] = [longId('client'), longId('individual')]

  const clientOf = (letter: string) => ({
    name: text(200),
    taxId: text(32),
    tradeRegisterNumber: text(64),
    address: addressOf(text),
    email: emailOf(letter),
  })
  const vatLines = (currency: Currency, whole: bigint) => [
    { rate: '99.99', base: decimalOf(whole - 38n, currency), vat: decimalOf(0n, currency) },
    ...numbered(19, (index) => ({ rate: `${index}`, base: decimalOf(1n, currency), vat: decimalOf(1n, currency) })),
  ]
  const instalments = (currency: Currency) => [
    ...numbered(59, (index) => ({ dueOn: addDays(FIRST_DAY, index), amount: decimalOf(1n, currency) })),
    { dueOn: LAST_DAY, amount: decimalOf(MINOR_MAX - 59n, currency) },
  ]
  let papers = 0
  /** As long as a number may be, and no paper's but this one's. */
  const paperNumber = (): string => {
    papers += 1
    return `${text(58)}${`${papers}`.padStart(6, '0')}`
  }
  const invoice = (name: string, change: Partial<DataOf<'RegisterInvoice'>> = {}) => {
    const document = { series: text(64), number: paperNumber(), issuedOn: FIRST_DAY, dueOn: LAST_DAY, total }
    onAccount('RegisterInvoice', { clientId, invoiceId: longId(name), ...document, ...change })
  }
  const payment = (name: string, change: Partial<DataOf<'RecordPayment'>> = {}) =>
    onAccount('RecordPayment', {
      clientId,
      paymentId: longId(name),
      amount: total,
      method: 'BANK_TRANSFER',
      receivedOn: FIRST_DAY,
      allocation: { rule: 'none' },
      ...change,
    })
  const payer = { name: text(200), taxId: text(32), address: addressOf(text) }
  const cashOverride = { reason: text(500), approvedBy: text(200) }
  const smallInvoices = (prefix: string, count: number) =>
    numbered(count, (index) => {
      invoice(`${prefix}-${index}`, { total: moneyOf(1n, functional), dueOn: FIRST_DAY })
      return { invoiceId: longId(`${prefix}-${index}`), amount: least }
    })

  // The company, its desk and its book.
  onCompany('RegisterCompany', {
    name: text(200),
    taxId: text(32),
    tradeRegisterNumber: text(64),
    address: addressOf(text),
    functionalCurrency: functional,
  })
  for (const cashGuard of ['REJECT', 'WARN', 'REQUIRE_OVERRIDE'] as const) {
    onCompany('SetPolicy', {
      cashGuard,
      cashAndCarry: true,
      instrumentCountsAsPaid: cashGuard === 'WARN',
      strictKeys: cashGuard === 'WARN',
      fxRateRule: cashGuard === 'WARN' ? 'SAME_DAY' : 'PREVIOUS_PUBLISHED',
      amefRequired: cashGuard === 'WARN',
      duplicateDocuments: cashGuard === 'WARN' ? 'REJECT' : 'WARN',
      smallDifference: decimalOf(MINOR_MAX, functional),
    })
  }
  for (const rate of ['999999.9999999999', '0.0000000001']) {
    onRates({ source: 'OTHER', on: today, rates: { [foreign]: rate } })
  }
  onCompany('OpenCashDesk', {
    deskId,
    name: text(200),
    openedOn: FIRST_DAY,
    openingBalances: ['RON', 'EUR', 'USD', 'JPY', 'CLF', 'UYW', 'KWD', 'GBP', 'CHF', 'HUF'].map((currency) =>
      moneyOf(MINOR_MAX, currency),
    ),
  })
  const decision = { decisionNumber: text(64), decisionOn: LAST_DAY }
  const book = { from: NUMBER_MAX - 3, to: NUMBER_MAX - 3, financialYear: 2199 }
  onBook('OpenReceiptBook', { series, deskId, ...book, ...decision })

  // Clients.
  onAccount('RegisterClient', { clientId, kind: 'BUSINESS', ...clientOf('a') })
  onAccount('UpdateClient', { clientId, kind: 'INDIVIDUAL', ...clientOf('b') })
  onAccount('UpdateClient', { clientId, kind: 'BUSINESS' })
  onAccount('RegisterClient', { clientId: individual, kind: 'INDIVIDUAL', ...clientOf('c') })

  // Documents in both currencies, and all that lowers them.
  const takenBack = { reversedOn: today, reason: 'OTHER', note: text(500) } as const
  const reasons = ReverseDiscount.shape.reason.options
  const reasonOf = (index: number) => reasons[index % reasons.length] ?? 'OTHER'
  for (const [name, currency] of [
    ['own', functional],
    ['foreign', foreign],
  ] as const) {
    const exchangeRate = currency === functional ? {} : { exchangeRate: rateOf(par) }
    const largest = {
      total: moneyOf(MINOR_MAX, currency),
      vatLines: vatLines(currency, MINOR_MAX),
      cashAccounting: true,
      instalments: instalments(currency),
      instalmentContract: true,
      ...exchangeRate,
    }
    for (const [index, kind] of (['INVOICE', 'ADVANCE'] as const).entries()) {
      const reason = reasonOf(currency === functional ? index : 2)
      for (const end of ['cancelled', 'moved', 'planned', 'credited', 'discounted', 'writtenOff', 'paid', 'setOff']) {
        invoice(`${name}-${kind}-${end}`, { kind, ...largest })
      }
      const invoiceId = (end: string) => longId(`${name}-${kind}-${end}`)
      onAccount('CancelInvoice', {
        clientId,
        invoiceId: invoiceId('cancelled'),
        reason: text(500),
        cancelledOn: today,
        freeSettlements: true,
      })
      const plan = { instalments: instalments(currency), agreedOn: FIRST_DAY, reason: text(500) }
      onAccount('RescheduleInvoice', { clientId, invoiceId: invoiceId('moved'), ...plan })
      onAccount('RescheduleInvoice', {
        clientId,
        invoiceId: invoiceId('moved'),
        ...plan,
        instalments: undefined,
        dueOn: LAST_DAY,
      })
      const planned = [
        { invoiceId: invoiceId('moved'), dueOn: LAST_DAY },
        { invoiceId: invoiceId('planned'), instalments: plan.instalments },
      ]
      onAccount('RescheduleInvoice', { clientId, items: planned, agreedOn: today, reason: text(500) })
      const writeOffId = longId(`${name}-${kind}-write-off`)
      onAccount('WriteOffInvoice', {
        clientId,
        writeOffId,
        invoiceId: invoiceId('writtenOff'),
        amount: decimalOf(MINOR_MAX, currency),
        reason: text(500),
        approvedBy: text(200),
        writtenOffOn: today,
      })
      const note = { series: text(64), issuedOn: FIRST_DAY, total: largest.total }
      const { vatLines: lines } = largest
      const creditNoteId = longId(`${name}-${kind}-note`)
      onAccount('RegisterCreditNote', {
        clientId,
        creditNoteId,
        invoiceId: invoiceId('credited'),
        number: paperNumber(),
        ...note,
        vatLines: lines,
      })
      onAccount('RegisterCreditNote', {
        clientId,
        creditNoteId: longId(`${name}-${kind}-on-account`),
        number: paperNumber(),
        ...note,
        vatLines: lines,
        cashAccounting: true,
        ...exchangeRate,
      })
      for (const discount of ['SETTLEMENT', 'COMMERCIAL'] as const) {
        const amount = MINOR_MAX / 2n
        const discountId = longId(`${name}-${kind}-${discount}`)
        onAccount('GrantDiscount', {
          clientId,
          discountId,
          invoiceId: invoiceId('discounted'),
          kind: discount,
          amount: decimalOf(amount, currency),
          // What the first one takes of the small rates leaves the second none.
          ...(discount === 'SETTLEMENT' ? { vatLines: vatLines(currency, amount) } : {}),
          grantedOn: today,
          note: text(500),
        })
        // One stays, one is taken back.
        if (discount === 'COMMERCIAL') onAccount('ReverseDiscount', { clientId, discountId, ...takenBack, reason })
      }
      onAccount('ReverseWriteOff', { clientId, writeOffId, ...takenBack, reason })
      onAccount('ReverseCreditNote', { clientId, creditNoteId, ...takenBack, reason })
      onAccount('ReverseCreditNote', {
        clientId,
        creditNoteId: longId(`${name}-${kind}-on-account`),
        ...takenBack,
      })
    }
  }

  // An advance that its final invoice takes off to nothing, and a note that says which invoice it corrects.
  const ofAdvance = [{ rate: '99.99', base: decimalOf(MINOR_MAX - 1n, functional), vat: least }]
  const advanceInvoiceId = longId('advance')
  invoice('advance', { kind: 'ADVANCE', vatLines: ofAdvance })
  invoice('final', {
    total: moneyOf(0n, functional),
    vatLines: [
      ...ofAdvance,
      ...ofAdvance.map(({ rate, base, vat }) => ({ rate, base: minus(base), vat: minus(vat), advanceInvoiceId })),
    ],
  })
  invoice('corrected', { vatLines: ofAdvance })
  onAccount('RegisterCreditNote', {
    clientId,
    creditNoteId: longId('correcting'),
    corrects: longId('corrected'),
    series: text(64),
    number: paperNumber(),
    issuedOn: today,
    total,
    vatLines: ofAdvance,
  })

  const bankAccount = 'MT84MALT011000012345MTLCAST001S'
  const isOfBank = (method: PaymentMethod | RefundMethod): boolean => !['CASH', 'SET_OFF'].includes(method)
  // Money of every kind, between two currencies too, and the way back.
  for (const [index, method] of PaymentMethod.options.entries()) {
    const refund = RefundMethod.options[index % RefundMethod.options.length] ?? 'CASH'
    const arrives = !['CASH', 'BANK_TRANSFER', 'SET_OFF', 'OTHER_AGREED'].includes(method)
    for (const [reasonIndex, reason] of ReversePayment.shape.reason.options.entries()) {
      const name = `${method}-${reason}`
      const paymentId = longId(name)
      const items = [{ invoiceId: longId('own-INVOICE-paid'), amount: most }]
      payment(name, {
        method,
        bankReference: text(64),
        ...(isOfBank(method) ? { bankAccount } : {}),
        purpose: text(500),
        remittanceText: text(500),
        payer,
        deskId,
        cashOverride,
        allocation: { rule: 'explicit', items },
      })
      if (arrives && reasonIndex === 0) {
        onAccount('ConfirmPaymentCleared', {
          clientId,
          paymentId,
          ...(index % 2 === 0 ? { amount: most } : {}),
          clearedOn: today,
          fee: most,
          bankReference: text(64),
        })
      }
      // Cash that is in the drawer is there or not: a part of it is given back.
      const part = method === 'BANK_TRANSFER' && reasonIndex > 0 ? { amount: most } : {}
      const said = { reason, ...part, reversedOn: today, note: text(500), allowExcess: true }
      onAccount('ReversePayment', { clientId, paymentId, ...said })
    }
    // A set-off leaves no credit to give back.
    if (method === 'SET_OFF') continue
    const fiscalReceipt = { register: text(64), report: NUMBER_MAX, number: NUMBER_MAX, issuedOn: LAST_DAY }
    payment(`${method}-given-back`, { method, deskId, cashOverride, fiscalReceipt })
    onAccount('RecordRefund', {
      clientId,
      refundId: longId(`${method}-refund`),
      allowExcess: true,
      paymentId: longId(`${method}-given-back`),
      amount: most,
      method: refund,
      refundedOn: today,
      deskId,
      ...(isOfBank(refund) ? { bankAccount } : {}),
      document: text(64),
      note: text(500),
      cashOverride,
    })
    const reason = RefundReversalReason.options[index % RefundReversalReason.options.length] ?? 'OTHER'
    onAccount('ReverseRefund', { clientId, refundId: longId(`${method}-refund`), ...takenBack, reason })
    onAccount('ReleaseCredit', {
      clientId,
      paymentId: longId(`${method}-given-back`),
      amount: most,
      reason: ReleaseReason.options[index % ReleaseReason.options.length] ?? 'OTHER',
      releasedOn: today,
      approvedBy: text(200),
    })
  }
  // What is owed without an invoice, and what leaves beyond all that was there.
  for (const [index, kind] of ClaimKind.options.entries()) {
    const [owed, value] = index % 2 === 0 ? [total, {}] : [totalForeign, { exchangeRate: rateOf('0.0000000001') }]
    const claimId = longId(`claim-${kind}`)
    const named = { series: text(64), number: text(60) + index, note: text(500) }
    onAccount('RegisterClaim', {
      clientId,
      claimId,
      kind,
      ...named,
      issuedOn: today,
      dueOn: LAST_DAY,
      total: owed,
      ...value,
    })
    onAccount('CancelInvoice', { clientId, invoiceId: claimId, reason: text(500), cancelledOn: today })
    const beyond = { paymentId: longId(`beyond-${kind}`), allowExcess: true }
    payment(`beyond-${kind}`, { amount: owed, ...value })
    const back = { clientId, refundId: longId(`beyond-${kind}-refund`) }
    const left = { amount: owed.amount, method: 'BANK_TRANSFER', refundedOn: today } as const
    onAccount('RecordRefund', { ...back, ...beyond, ...left })
    onAccount('ReversePayment', { clientId, ...beyond, reason: 'CHARGED_BACK', amount: owed.amount, reversedOn: today })
    onAccount('ReverseRefund', { ...back, ...takenBack, reason: 'RETURNED_BY_BANK' })
  }
  const across = [
    ['own-ADVANCE-paid', most, totalForeign],
    ['foreign-ADVANCE-paid', mostForeign, total],
  ] as const
  for (const [index, [invoiceName, amount, paid]] of across.entries()) {
    const invoiceId = longId(invoiceName)
    const value = paid.currency === foreign ? { exchangeRate: rateOf('0.0000000001') } : {}
    const items = [{ invoiceId, amount, paid: paid.amount, exchangeRate: rateOf(par) }]
    const paymentId = longId(`across-${index}`)
    payment(`across-${index}`, { amount: paid, allocation: { rule: 'explicit', items }, ...value })
    for (const reason of ['WRONG_INVOICE', 'WRONG_AMOUNT', 'CLIENT_REQUEST', 'OTHER'] as const) {
      onAccount('DeallocatePayment', {
        clientId,
        paymentId,
        invoiceId,
        amount,
        deallocatedOn: today,
        reason,
        note: text(500),
      })
      onAccount('AllocatePayment', {
        clientId,
        paymentId,
        invoiceId,
        amount,
        paid: paid.amount,
        exchangeRate: rateOf(par),
        allocatedOn: today,
        cashOverride,
      })
    }
  }
  // Credit that is given back in the other currency, or in its own at another rate: the books gain or lose all of it.
  for (const [name, amount, given] of [
    ['back-own', total, totalForeign],
    ['back-foreign', totalForeign, total],
    ['back-alike', totalForeign, totalForeign],
  ] as const) {
    const back = { clientId, refundId: longId(name) }
    payment(name, { amount, ...(amount === total ? {} : { exchangeRate: rateOf('0.0000000001') }) })
    onAccount('RecordRefund', {
      ...back,
      paymentId: longId(name),
      amount: given,
      exchangeRate: rateOf(par),
      method: 'CASH',
      refundedOn: today,
      cashOverride,
    })
    onAccount('ReverseRefund', { ...back, ...takenBack, reason: 'OTHER' })
  }
  // Credit that goes to another account and back; the other one has the third id already.
  for (const [name, amount, value] of [
    ['moved', total, {}],
    ['moved-foreign', totalForeign, { exchangeRate: rateOf(par) }],
    ['moved', total, {}],
  ] as const) {
    const paymentId = longId(`${name}-${events.length}`)
    payment(`${name}-${events.length}`, { amount, ...value })
    const moving = { paymentId, amount: amount.amount, movedOn: today, reason: text(500) }
    onAccount('TransferCredit', { clientId, toClientId: individual, transferId: longId(name), ...moving })
  }
  invoice('of-another', { clientId: individual })
  payment('for-another')
  payForAnother(
    {
      clientId,
      paymentId: longId('for-another'),
      invoiceClientId: individual,
      invoiceId: longId('of-another'),
      amount: most,
      allocatedOn: today,
    },
    longId('paid-by-another'),
  )
  invoice('of-another-still', { clientId: individual })
  const others = {
    invoiceId: longId('of-another-still'),
    invoiceClientId: individual,
    amount: most,
    transferId: longId('paid-at-once'),
  }
  const { transferId: _, ...item } = others
  payForOthers(
    {
      clientId,
      paymentId: longId('for-others'),
      amount: total,
      method: 'BANK_TRANSFER',
      receivedOn: FIRST_DAY,
      allocation: { rule: 'explicit', items: [item] },
    },
    [{ ...others, path: '/allocation/items/0' }],
  )
  for (const [name, amount] of [
    ['moved', most],
    ['moved-foreign', mostForeign],
  ] as const) {
    const back = { paymentId: longId(name), transferId: longId(`${name}-back`), amount, movedOn: today }
    onAccount('TransferCredit', { clientId: individual, toClientId: clientId, ...back, reason: text(500) })
  }
  // Money of nobody: it becomes a client's under the longest names, and some of it comes back, and is gone.
  for (const [name, amount, exchangeRate] of [
    ['nobodys', total, undefined],
    ['nobodys-foreign', totalForeign, rateOf(par)],
  ] as const) {
    const paymentId = longId(name)
    onNobodys('RecordUnidentifiedPayment', {
      paymentId,
      amount,
      method: 'BANK_TRANSFER',
      receivedOn: FIRST_DAY,
      bankReference: text(64),
      bankAccount,
      remittanceText: text(500),
      payer,
      fee: amount.amount,
      ...(exchangeRate && { exchangeRate }),
    })
    const identificationId = longId(`${name}-his`)
    const which = { paymentId, identificationId }
    onNobodys('IdentifyPayment', {
      ...which,
      clientId: individual,
      amount: amount.amount,
      identifiedOn: FIRST_DAY,
      allocation: { rule: 'none' },
    })
    undoIdentification({ ...which, undoneOn: today, reason: text(500) }, individual)
    for (const reason of UnidentifiedReturnReason.options) {
      const one = decimalOf(1n, amount.currency)
      onNobodys('ReturnUnidentifiedPayment', { paymentId, amount: one, reason, returnedOn: today, note: text(500) })
    }
  }
  const ofNobody = { amount: total, method: 'BANK_TRANSFER', receivedOn: FIRST_DAY } as const
  for (const rule of ['auto', 'named', 'oldestDueFirst', 'none'] as const) {
    const paymentId = longId(`nobodys-${rule}`)
    onNobodys('RecordUnidentifiedPayment', { ...ofNobody, paymentId, remittanceText: text(500) })
    const which = { paymentId, clientId: individual, identificationId: longId(`his-${rule}`) }
    onNobodys('IdentifyPayment', { ...which, allocation: { rule } })
  }
  invoice('nobodys-across', { clientId: individual, total: totalForeign, exchangeRate: rateOf(par) })
  onNobodys('RecordUnidentifiedPayment', { ...ofNobody, paymentId: longId('nobodys-across') })
  const acrossItem = { invoiceId: longId('nobodys-across'), amount: mostForeign, paid: most, exchangeRate: rateOf(par) }
  onNobodys('IdentifyPayment', {
    paymentId: longId('nobodys-across'),
    clientId: individual,
    identificationId: longId('his-across'),
    allocation: { rule: 'explicit', items: [acrossItem] },
  })
  for (const [index, rate] of ['999999.9999999999', par].entries()) {
    const amount = moneyOf(1n, foreign)
    const invoiceId = longId(`setOff-${index}`)
    invoice(`setOff-${index}`, { total: amount, exchangeRate: rateOf(rate) })
    const paid = index === 0 ? undefined : moneyOf(1n, functional)
    onAccount('RecordSetOff', {
      clientId,
      paymentId: longId(`setOff-${index}`),
      amount: paid ?? amount,
      setOffOn: FIRST_DAY,
      ...(paid === undefined ? { exchangeRate: rateOf(rate) } : {}),
      document: text(64),
      items: [
        {
          invoiceId,
          amount: amount.amount,
          ...(paid === undefined ? {} : { paid: paid.amount, exchangeRate: rateOf(rate) }),
        },
      ],
      note: text(500),
    })
    onAccount('ReverseSetOff', {
      clientId,
      paymentId: longId(`setOff-${index}`),
      ...takenBack,
      reason: reasonOf(index),
    })
  }

  // As many allocations as one command can have, by name and by rule, undone at once.
  const sumOf = (count: number) => moneyOf(BigInt(count), functional)
  const items = smallInvoices('many', edge.items)
  payment('many', { amount: sumOf(edge.items), allocation: { rule: 'explicit', items } })
  onAccount('ReversePayment', { clientId, paymentId: longId('many'), reason: 'MISTAKE' })
  onAccount('RecordSetOff', {
    clientId,
    paymentId: longId('many-set-off'),
    amount: sumOf(edge.items),
    setOffOn: today,
    document: text(64),
    items,
  })
  onAccount('ReverseSetOff', { clientId, paymentId: longId('many-set-off'), ...takenBack })
  smallInvoices('named', 2)
  payment('named', { allocation: { rule: 'named' }, remittanceText: text(500) })
  payment('meant', { allocation: { rule: 'auto' }, remittanceText: text(500), fee: most })
  smallInvoices('due', edge.items + 1)
  payment('due', { amount: sumOf(edge.items + 1), allocation: { rule: 'oldestDueFirst' } })

  // Receipts: the last numbers that there are, a refusal, an annulment, and the longest «reprezentând».
  const ofReceipts = smallInvoices('receipt', edge.items)
  const receipt = (name: string) => ({ series, receiptId: longId(name) })
  const inCash = { method: 'CASH', deskId, payer, cashOverride, receivedOn: today } as const
  payment('first', {
    ...inCash,
    receipt: receipt('first'),
    amount: sumOf(edge.items),
    allocation: { rule: 'explicit', items: ofReceipts },
  })
  payment('second', { ...inCash, receipt: receipt('refused') })
  onBook('ExtendReceiptRange', { series, to: NUMBER_MAX, ...decision })
  const issued = { clientId, paymentId: longId('second'), series, issuedOn: today }
  onAccount('IssueReceipt', { ...issued, receiptId: longId('second') })
  onBook('ContinueReceiptBook', { series, continueFrom: NUMBER_MAX, reason: text(500), acknowledgedBy: text(200) })
  payment('third', { ...inCash, receipt: receipt('third') })
  for (const number of [NUMBER_MAX - 3, NUMBER_MAX]) {
    onBook('ReprintReceipt', { series, number, reason: text(500) })
    onBook('AnnulReceipt', { series, number, reason: text(500), annulledOn: today, alsoReversePayment: true })
  }

  // A debtor who was registered twice, with the largest paper that there is and credit of as much.
  const twice = longId('twice')
  onAccount('RegisterClient', { clientId: twice, kind: 'BUSINESS', ...clientOf('t') })
  const ofTwice = { clientId: twice, total: totalForeign, exchangeRate: rateOf(par) }
  invoice('twice', { ...ofTwice, vatLines: vatLines(foreign, MINOR_MAX), instalments: instalments(foreign) })
  payment('twice', { clientId: twice, amount: total })
  onAccount('MergeClients', { clientId: twice, intoClientId: clientId, mergedOn: today, reason: text(500) })

  // Last, for a closed period holds all days before today.
  onCompany('ClosePeriod', { through: addDays(today, -1) })
  onCompany('ReopenPeriod', { from: FIRST_DAY, reason: text(500), requestedBy: text(200), approvedBy: 'another' })
  return { events, asked }
}
