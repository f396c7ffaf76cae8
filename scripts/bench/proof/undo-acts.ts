import { accountPayments, addDays, ClaimKind, type Invoice, unidentifiedPayments } from '@registru/domain'
import { amountOf, anyOf, decimal, rateOf, SERIES, smallest, vatLinesOf } from './account-step.ts'
import {
  type Act,
  allInvoices,
  allocated,
  between,
  CURRENCIES,
  cancellation,
  carriedOut,
  documentRate,
  isIssued,
  money,
  note,
  pickCredit,
  pickOpen,
  refunded,
  reversal,
  type Step,
  sendBack,
  takeBackPayment,
} from './undo-steps.ts'

/** One thing of every kind that can be undone. What leaves no command to take it back, as credit that was released, is not among them. */
export const ACTS = {
  payment: async (doing) => {
    const { random, clientId, id: paymentId, on: receivedOn, currency } = doing
    const method = random.pick([
      'CASH',
      'BANK_TRANSFER',
      'CARD_POS',
      'COURIER_COD',
      'CHEQUE',
      'PROMISSORY_NOTE',
    ] as const)
    const amount = money(doing)
    const fee = method === 'BANK_TRANSFER' && random.chance(0.5) ? { fee: decimal(1n, currency) } : {}
    const desk = method === 'CASH' ? { deskId: random.pick(['C1', 'C2']) } : {}
    const allocation = { rule: random.pick(['auto', 'oldestDueFirst', 'none'] as const) }
    const data = {
      clientId,
      paymentId,
      amount,
      method,
      receivedOn,
      allocation,
      ...fee,
      ...desk,
      ...documentRate(doing),
    }
    return carriedOut(doing, { type: 'RecordPayment', data }, [takeBackPayment(doing, paymentId)])
  },
  receipt: async (doing) => {
    const { company, clientId, id: paymentId, on: receivedOn, numberOf } = doing
    const receiptId = `rec-${paymentId}`
    const receipt = { series: SERIES, receiptId }
    const data = { clientId, paymentId, amount: money(doing), method: 'CASH', receivedOn, receipt } as const
    const annul: Step = (annulledOn) => {
      const number = numberOf(receiptId)
      if (number === undefined) return Promise.resolve({ events: [] })
      const told = { series: SERIES, number, reason: 'wrong amount', annulledOn }
      return company.onBook({ type: 'AnnulReceipt', data: { ...told, alsoReversePayment: true } })
    }
    // Money that went on is not reversed with the receipt, nor is that of one that the book had refused.
    const reverse: Step = (on) => {
      const isGone = (accountPayments.get(company.accountOf(clientId), paymentId)?.reversed ?? 0n) > 0n
      return isGone ? Promise.resolve({ events: [] }) : takeBackPayment(doing, paymentId)(on)
    }
    return carriedOut(doing, { type: 'RecordPayment', data: { ...data, ...documentRate(doing) } }, [annul, reverse])
  },
  clearedInPart: async (doing) => {
    const { company, random, clientId, id: paymentId, on: receivedOn, currency } = doing
    const minor = BigInt(amountOf(random)) + 1n
    const amount = { amount: decimal(minor, currency), currency }
    const method = random.pick(['CARD_ONLINE', 'COURIER_COD', 'CHEQUE', 'PROMISSORY_NOTE'] as const)
    const data = { clientId, paymentId, amount, method, receivedOn, ...documentRate(doing) }
    const done = await carriedOut(doing, { type: 'RecordPayment', data }, [takeBackPayment(doing, paymentId)])
    const part = { clientId, paymentId, amount: decimal(minor / 2n, currency), clearedOn: receivedOn }
    if (done !== undefined) await company.onAccount({ type: 'ConfirmPaymentCleared', data: part })
    return done
  },
  allocation: async (doing) => {
    const credit = pickCredit(doing)
    const open = pickOpen(doing)
    if (credit === undefined || open === undefined) return undefined
    const amount = decimal(smallest(credit.minor, open.minor), doing.currency)
    return allocated(doing, { ...between(doing, credit, open), amount })
  },
  conversion: async (doing) => {
    const { random } = doing
    const credit = pickCredit(doing)
    const others = CURRENCIES.filter((currency) => currency !== doing.currency)
    const open = pickOpen({ ...doing, currency: random.pick(others) })
    if (credit === undefined || open === undefined) return undefined
    const exchangeRate = { ...rateOf(doing.on), rate: random.pick(['4.9765', '0.0312', '1.25']) }
    const little = smallest(open.minor, credit.minor / 40n + 1n)
    const how = random.chance(0.4)
      ? { paid: decimal(credit.minor / 3n + 1n, doing.currency) }
      : { amount: decimal(little, open.invoice.currency) }
    return allocated(doing, { ...between(doing, credit, open), ...how, exchangeRate })
  },
  recovery: async (doing) => {
    const { company, clientId, currency } = doing
    const lost = allInvoices(company.accountOf(clientId)).filter(
      (one) => one.currency === currency && one.open === 0n && one.writtenOff > one.recovered,
    )
    const [credit, invoice] = [pickCredit(doing), anyOf(doing.random, lost)]
    if (credit === undefined || invoice === undefined) return undefined
    const amount = decimal(smallest(credit.minor, invoice.writtenOff - invoice.recovered), currency)
    return allocated(doing, { ...between(doing, credit, { invoice }), amount })
  },
  creditNote: async (doing) => {
    const open = pickOpen(doing, isIssued)
    return open && note(doing, open.invoice, open.minor)
  },
  /** Of what is paid: what it frees is allocated again. In lei alone, for a part of a value is rounded anew. */
  noteOnPaid: async (doing) => {
    const { company, random, clientId } = doing
    const account = company.accountOf(clientId)
    const foreign = [...accountPayments.all(account)].filter(({ currency }) => currency !== 'RON')
    const inLei = ({ invoiceId }: Invoice): boolean => !foreign.some(({ allocations: on }) => on.has(invoiceId))
    const paid = allInvoices(account).filter(
      (one) => isIssued(one) && one.currency === 'RON' && one.open < one.total && one.writtenOff === 0n && inLei(one),
    )
    const invoice = anyOf(random, paid)
    return (
      invoice && note({ ...doing, currency: 'RON' }, invoice, invoice.open + (invoice.total - invoice.open) / 2n + 1n)
    )
  },
  noteOnAccount: async (doing) => {
    const { random, clientId, id: creditNoteId, on: issuedOn, currency } = doing
    const open = random.chance(0.5) ? pickOpen(doing, isIssued) : undefined
    const minor = amountOf(random)
    const vat = random.chance(0.5) ? { cashAccounting: true, vatLines: vatLinesOf(minor, currency) } : {}
    const data =
      open === undefined
        ? { total: { amount: decimal(BigInt(minor), currency), currency }, ...vat, ...documentRate(doing) }
        : { corrects: open.invoice.invoiceId, total: { amount: open.amount, currency } }
    const command = {
      type: 'RegisterCreditNote' as const,
      data: { clientId, creditNoteId, number: creditNoteId, issuedOn, ...data },
    }
    return carriedOut(doing, command, [
      reversal(doing, (said) => ({ type: 'ReverseCreditNote', data: { ...said, creditNoteId } })),
    ])
  },
  discount: async (doing) => {
    const { random, clientId, id: discountId, on: grantedOn, currency } = doing
    const open = pickOpen(doing, isIssued)
    if (open === undefined) return undefined
    const { amount, minor, invoice } = open
    const vat = invoice.cashAccounting && random.chance(0.6) ? { vatLines: vatLinesOf(Number(minor), currency) } : {}
    const kind = random.pick(['SETTLEMENT', 'COMMERCIAL'] as const)
    const data = { clientId, discountId, invoiceId: invoice.invoiceId, kind, amount, ...vat, grantedOn }
    return carriedOut(doing, { type: 'GrantDiscount', data }, [
      reversal(doing, (said) => ({ type: 'ReverseDiscount', data: { ...said, discountId } })),
    ])
  },
  /** A bad debt, or the small rest of what was paid. */
  writeOff: async (doing) => {
    const { random, clientId, id: writeOffId, on: writtenOffOn } = doing
    const open = pickOpen(doing, ({ open: left, total }) => random.chance(0.7) || left < total)
    if (open === undefined) return undefined
    const which = { clientId, writeOffId, invoiceId: open.invoice.invoiceId, writtenOffOn }
    const data = { ...which, ...(random.chance(0.5) && { amount: open.amount }), reason: 'bankrupt', approvedBy: 'Ana' }
    return carriedOut(doing, { type: 'WriteOffInvoice', data }, [
      reversal(doing, (said) => ({ type: 'ReverseWriteOff', data: { ...said, writeOffId } })),
    ])
  },
  refund: async (doing) => {
    const { random, on, currency } = doing
    const credit = pickCredit(doing)
    if (credit === undefined) return undefined
    const exchangeRate = { ...rateOf(on), rate: '5.0412' }
    const abroad = currency === 'RON' ? 'EUR' : 'RON'
    const how = random.pick([
      { amount: credit.amount },
      { amount: credit.amount, ...(currency !== 'RON' && { exchangeRate }) },
      { amount: { amount: decimal(smallest(credit.minor / 6n + 1n, 50n), abroad), currency: abroad }, exchangeRate },
    ])
    return refunded(doing, credit.payment, how)
  },
  refundBeyond: async (doing) => {
    const credit = pickCredit(doing, ({ method }) => method !== 'CREDIT_NOTE')
    if (credit === undefined) return undefined
    const beyond = credit.payment.credit + BigInt(amountOf(doing.random))
    return refunded(doing, credit.payment, { amount: decimal(beyond, doing.currency), allowExcess: true })
  },
  setOff: async (doing) => {
    const { clientId, id: paymentId, on: setOffOn, currency } = doing
    const open = pickOpen(doing)
    if (open === undefined) return undefined
    const { amount, invoice } = open
    const items = [{ invoiceId: invoice.invoiceId, amount }]
    const data = { clientId, paymentId, amount: { amount, currency }, setOffOn, document: 'PV 1', items }
    const command = { type: 'RecordSetOff' as const, data: { ...data, ...documentRate(doing) } }
    return carriedOut(doing, command, [
      reversal(doing, (said) => ({ type: 'ReverseSetOff', data: { ...said, paymentId } })),
    ])
  },
  transfer: async (doing) => {
    const { company, clientId, otherId, id: transferId, on: movedOn } = doing
    const credit = pickCredit(doing, ({ method }) => method !== 'CREDIT_NOTE')
    if (credit === undefined) return undefined
    const { amount, payment } = credit
    const data = {
      clientId,
      toClientId: otherId,
      paymentId: payment.paymentId,
      transferId,
      amount,
      movedOn,
      reason: 'x',
    }
    const done = await carriedOut(doing, { type: 'TransferCredit', data }, [sendBack(doing, amount)])
    await company.settle()
    return done
  },
  paidForAnother: async (doing) => {
    const { company, clientId, otherId, id: transferId, on: allocatedOn } = doing
    const credit = pickCredit(doing, ({ method }) => method !== 'CREDIT_NOTE')
    const open = pickOpen({ ...doing, clientId: otherId })
    if (credit === undefined || open === undefined) return undefined
    const amount = decimal(smallest(credit.minor, open.minor), doing.currency)
    const { invoiceId } = open.invoice
    const which = { clientId, paymentId: credit.payment.paymentId, transferId, invoiceClientId: otherId, invoiceId }
    const free: Step = (deallocatedOn) =>
      company.onAccount({
        type: 'DeallocatePayment',
        data: { clientId: otherId, paymentId: transferId, invoiceId, amount, reason: 'OTHER', deallocatedOn },
      })
    const command = { type: 'PayForAnother' as const, data: { ...which, amount, allocatedOn } }
    const done = await carriedOut(doing, command, [free, sendBack(doing, amount)])
    await company.settle()
    return done
  },
  unidentified: async (doing) => {
    const { company, currency, id: paymentId, on: receivedOn } = doing
    const data = {
      paymentId,
      amount: money(doing),
      method: 'BANK_TRANSFER',
      receivedOn,
      ...documentRate(doing),
    } as const
    const { refused } = await company.onNobodys({ type: 'RecordUnidentifiedPayment', data })
    if (refused !== undefined) return undefined
    const back: Step = (returnedOn) =>
      company.onNobodys({
        type: 'ReturnUnidentifiedPayment',
        data: { paymentId, reason: 'MISTAKE', returnedOn: returnedOn ?? receivedOn },
      })
    return { currency, undo: [back] }
  },
  identification: async (doing) => {
    const { company, random, clientId, id: identificationId, currency, on: identifiedOn, nobodysIds } = doing
    const waiting = nobodysIds.flatMap((one) => unidentifiedPayments.get(company.nobodys, one) ?? [])
    const payment = anyOf(
      random,
      waiting.filter((one) => one.currency === currency && one.credit > 0n),
    )
    if (payment === undefined) return undefined
    const { paymentId, credit, method } = payment
    const minor = random.chance(0.4) ? credit : smallest(credit, BigInt(amountOf(random)))
    const allocation = { rule: random.pick(['auto', 'none'] as const) }
    const which = { paymentId, clientId, identificationId, amount: decimal(minor, currency) }
    const asked = await company.onNobodys({ type: 'IdentifyPayment', data: { ...which, allocation, identifiedOn } })
    if (asked.refused !== undefined) return undefined
    await company.settle()
    const settled = accountPayments.get(company.accountOf(clientId), identificationId)
    if (settled === undefined) return undefined
    const free = [...settled.allocations].map(
      ([invoiceId, { amount: whole }]): Step =>
        (deallocatedOn) =>
          company.onAccount({
            type: 'DeallocatePayment',
            data: {
              clientId,
              paymentId: identificationId,
              invoiceId,
              amount: decimal(whole, currency),
              reason: 'OTHER',
              deallocatedOn,
            },
          }),
    )
    // It brings back what is unused, however little: here it waits until all of it is.
    const undo: Step = async (undoneOn) => {
      const left = accountPayments.get(company.accountOf(clientId), identificationId)?.credit ?? 0n
      if (left < minor) return { events: [], refused: 'CREDIT_RESERVED' }
      const whose = { paymentId, identificationId, clientId, method }
      return company.onAccount({ type: 'UndoIdentification', data: { ...whose, undoneOn, reason: 'not his' } })
    }
    return { currency, undo: [...free, undo] }
  },
  invoice: async (doing) => {
    const { company, random, clientId, id: invoiceId, on, currency } = doing
    const minor = amountOf(random) + 20
    const total = { amount: decimal(BigInt(minor), currency), currency }
    const vat = random.chance(0.6) ? { cashAccounting: random.chance(0.7), vatLines: vatLinesOf(minor, currency) } : {}
    const facts = { clientId, invoiceId, number: invoiceId, issuedOn: on, dueOn: addDays(on, 30), total }
    const command = { type: 'RegisterInvoice' as const, data: { ...facts, ...vat, ...documentRate(doing) } }
    const done = await carriedOut(doing, command, [cancellation(doing, invoiceId)])
    const credit = pickCredit(doing)
    if (done === undefined || credit === undefined) return done
    const amount = decimal(smallest(credit.minor, BigInt(minor) / 2n), currency)
    const pay = { clientId, paymentId: credit.payment.paymentId, invoiceId, amount, allocatedOn: on }
    await company.onAccount({ type: 'AllocatePayment', data: pay })
    const granted = {
      clientId,
      invoiceId,
      discountId: `${invoiceId}-dis`,
      kind: 'COMMERCIAL',
      amount: decimal(5n, currency),
    } as const
    await company.onAccount({ type: 'GrantDiscount', data: { ...granted, grantedOn: on } })
    return done
  },
  finalInvoice: async (doing) => {
    const { company, random, clientId, id: invoiceId, on, currency } = doing
    const advance = anyOf(
      random,
      allInvoices(company.accountOf(clientId)).filter(
        (one) =>
          one.kind === 'ADVANCE' && one.currency === currency && one.corrections === 0 && one.vatLines.length > 0,
      ),
    )
    if (advance === undefined) return undefined
    const off = advance.vatLines.reduce((sum, { base, vat }) => sum + base + vat, 0n)
    const more = BigInt(random.pick([0, amountOf(random)]))
    const signed = (base: bigint, vat: bigint) => ({ base: decimal(base, currency), vat: decimal(vat, currency) })
    const lines = advance.vatLines.map(({ rate, base, vat }) => ({
      rate,
      ...signed(-base, -vat),
      advanceInvoiceId: advance.invoiceId,
    }))
    const facts = { clientId, invoiceId, number: invoiceId, issuedOn: on, dueOn: addDays(on, 30) }
    const vatLines = [...vatLinesOf(Number(off + more), currency), ...lines]
    const data = {
      ...facts,
      total: { amount: decimal(more, currency), currency },
      cashAccounting: random.chance(0.5),
      vatLines,
    }
    return carriedOut(doing, { type: 'RegisterInvoice', data }, [cancellation(doing, invoiceId)])
  },
  claim: async (doing) => {
    const { random, clientId, id: claimId, on } = doing
    const facts = { clientId, claimId, kind: random.pick(ClaimKind.options), issuedOn: on, dueOn: addDays(on, 10) }
    const command = { type: 'RegisterClaim' as const, data: { ...facts, total: money(doing), ...documentRate(doing) } }
    return carriedOut(doing, command, [cancellation(doing, claimId)])
  },
  /** Undone by what was agreed before: only when nothing else is changed any more does it add up. */
  agreement: async (doing) => {
    const { company, random, clientId, on: agreedOn, dueBefore } = doing
    const open = pickOpen(doing, ({ invoiceId }) => dueBefore.has(`${clientId} ${invoiceId}`))
    if (open === undefined) return undefined
    const { invoiceId } = open.invoice
    const dueOn = addDays(agreedOn, random.between(1, 60))
    const instalments = dueBefore.get(`${clientId} ${invoiceId}`)
    const back: Step = (on) =>
      company.onAccount({
        type: 'RescheduleInvoice',
        data: { clientId, invoiceId, instalments, agreedOn: on ?? agreedOn, reason: 'as before' },
      })
    const data = { clientId, invoiceId, dueOn, agreedOn, reason: 'payment plan' }
    return carriedOut(doing, { type: 'RescheduleInvoice', data }, [back])
  },
} as const satisfies Readonly<Record<string, Act>>

export type ActName = keyof typeof ACTS
