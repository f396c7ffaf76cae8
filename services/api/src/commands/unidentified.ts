import {
  IdentifyPayment,
  type PaymentId,
  RecordUnidentifiedPayment,
  Rejection,
  ReturnUnidentifiedPayment,
  UndoIdentification,
  type UnidentifiedEvent,
} from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { v5 } from 'uuid'
import { z } from 'zod'
import type { CommandContext, Handled, HandledEvent } from '../ledger/command-context.ts'
import { restOf } from '../ledger/errors.ts'
import { lastPosition } from '../ledger/last-position.ts'
import type { Cause } from '../steps/step.ts'
import { accountKey } from './batch-order.ts'
import { defineCommand } from './command-definition.ts'
import { answer, eventsOf, onAccount } from './on-account.ts'
import { onUnidentified } from './on-unidentified.ts'
import { day, decimal, money, PaymentResult } from './result-schemas.ts'
import { repeatedWarnings, spreadResult, unmetWarnings } from './spread-result.ts'
import { vatWarnings } from './vat-warnings.ts'

type EventOfType<Type extends UnidentifiedEvent['type']> = HandledEvent<
  Extract<UnidentifiedEvent, { readonly type: Type }>
>

const found = <Type extends UnidentifiedEvent['type']>({ events }: Handled<UnidentifiedEvent>, type: Type) =>
  events.find((event): event is EventOfType<Type> => event.type === type)

/** The caller's id, or one that a retry of the same command derives again. */
const identificationIdOf = (given: PaymentId | undefined, context: CommandContext): PaymentId =>
  given ?? v5('identification', context.commandId)

const causeFor = <Data>(
  { data, eventId }: { readonly data: Data; readonly eventId: Cause<Data>['eventId'] },
  { companyId, actor, correlationId }: CommandContext,
): Cause<Data> => ({ data, eventId, companyId, actor, correlationId })

export const unidentifiedCommands = [
  defineCommand({
    name: 'RecordUnidentifiedPayment',
    summary: 'Record money whose client nobody knows yet',
    description:
      'Money in the bank waits in suspense (5121 = 473), in no account and no total of a client, until `IdentifyPayment` says whose it is or `ReturnUnidentifiedPayment` sends it away. `payments/unidentified` is the work list.',
    schema: RecordUnidentifiedPayment,
    example: examples.recordUnidentifiedPayment(),
    result: z.object({ paymentId: z.string(), unidentified: decimal }),
    rejections: [
      'AMOUNT_TOO_PRECISE',
      'COMPANY_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'EXCHANGE_RATE_NEEDED',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'FEE_EXCEEDS_PAYMENT',
      'PAYMENT_ALREADY_RECORDED',
      'PERIOD_CLOSED',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onUnidentified({ type: 'RecordUnidentifiedPayment', data }, context, dependencies)
      const recorded = found(handled, 'UnidentifiedPaymentRecorded')?.data
      const warnings = repeatedWarnings(recorded ?? {})
      const result = { paymentId: data.paymentId, unidentified: recorded?.amount.amount }
      return { ...handled, result, ...(warnings.length === 0 ? {} : { warnings }) }
    },
  }),

  defineCommand({
    name: 'IdentifyPayment',
    summary: 'Say whose unidentified money is',
    description:
      "The money, or with `amount` a part of it where one line is of several clients, becomes credit of the client under `identificationId`, and settles what he meant as a recorded payment does. The bank has one turnover, on the money's day; the credit counts from that day too, or from the first open one after it, unless `identifiedOn` says when. VAT under TVA la încasare, and that of an advance, is exigible on the day of the money where that is open. At no `knownAt` the money stands in both places or in neither.",
    schema: IdentifyPayment,
    // On account, so that the next example can take it back.
    example: examples.identifyPayment({ allocation: { rule: 'none' } }),
    result: PaymentResult.omit({ receipt: true }).extend({
      identificationId: z.string(),
      clientId: z.string(),
      amount: money,
      identifiedOn: day,
      collectedOn: day.meta({ description: 'Day of the money' }),
    }),
    rejections: [
      'ALLOCATION_EXCEEDS_CREDIT',
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'CREDIT_RESERVED',
      'CURRENCY_MISMATCH',
      'DAY_TOO_FAR_AHEAD',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'INVOICE_NOT_FOUND',
      'PAYMENT_ALREADY_RECORDED',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
      'UNIDENTIFIED_AMOUNT_EXCEEDED',
      'UNIDENTIFIED_PAYMENT_NOT_FOUND',
    ],
    alsoOn: ({ clientId }) => [accountKey(clientId)],
    execute: async (command, context, dependencies) => {
      const { identifications } = dependencies
      const { companyId, commandId } = context
      const data = { ...command, identificationId: identificationIdOf(command.identificationId, context) }
      const identify = { type: 'IdentifyPayment', data } as const
      // The account is asked first; a command that was carried out before passes that question whatever it says today.
      const asked = await onUnidentified(identify, { ...context, dryRun: true }, dependencies)
      const wanted = found(asked, 'IdentificationRequested')
      if (wanted !== undefined && !asked.replayed) await identifications.requireReceiver(companyId, wanted.data)
      const isPreview = context.dryRun && !asked.replayed
      const handled = isPreview ? asked : await onUnidentified(identify, context, dependencies)
      const request = found(handled, 'IdentificationRequested')
      if (request === undefined) throw new Error('an identification was asked for and none was reserved')
      const cause = causeFor(request, context)
      const received = isPreview
        ? await identifications.preview(cause)
        : await restOf(commandId, identifications.receive(cause))
      if (received.code !== undefined) throw new Rejection(received.code, { paymentId: data.identificationId })

      const onIt = { ...handled, events: received.events }
      const { amount, identifiedOn, collectedOn } = request.data
      const identified = eventsOf(onIt, 'PaymentIdentified')[0]?.data
      const warnings = [...unmetWarnings(identified ?? {}), ...vatWarnings(onIt)]
      const { paymentId, identificationId, clientId } = data
      return {
        ...handled,
        position: lastPosition(handled, received),
        result: {
          paymentId,
          identificationId,
          clientId,
          amount,
          identifiedOn,
          collectedOn,
          ...spreadResult(onIt, identificationId, amount),
        },
        ...(warnings.length === 0 ? {} : { warnings }),
      }
    },
  }),

  defineCommand({
    name: 'UndoIdentification',
    summary: 'Take an identification back',
    description:
      'It was not his: what the client has not used of it is unidentified again, from `undoneOn` on, and may be identified anew. What settles an invoice is deallocated first.',
    schema: UndoIdentification,
    example: examples.undoIdentification(),
    result: z.object({
      paymentId: z.string(),
      identificationId: z.string(),
      clientId: z.string(),
      amount: money,
      undoneOn: day,
    }),
    rejections: [
      'CREDIT_RESERVED',
      'DAY_TOO_FAR_AHEAD',
      'NOTHING_TO_REVERSE',
      'PAYMENT_NOT_FOUND',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
      'UNIDENTIFIED_PAYMENT_NOT_FOUND',
    ],
    execute: async (command, context, dependencies) => {
      const { identifications } = dependencies
      const whose = await identifications.identificationOf(context.companyId, command)
      const data = { ...command, ...whose }
      const handled = await onAccount({ type: 'UndoIdentification', data }, context, dependencies)
      const [undone] = eventsOf(handled, 'IdentificationUndone')
      if (undone === undefined) throw new Error('an identification was to be undone and was not')
      const { paymentId, identificationId, clientId, amount, undoneOn } = undone.data
      const result = { paymentId, identificationId, clientId, amount, undoneOn }
      if (context.dryRun && !handled.replayed) return answer(handled, result)
      const position = await restOf(context.commandId, identifications.takeBack(causeFor(undone, context)))
      return answer({ ...handled, position: lastPosition(handled, { position }) }, result)
    },
  }),

  defineCommand({
    name: 'ReturnUnidentifiedPayment',
    summary: 'Record that unidentified money is gone again',
    description:
      'Sent back to whoever sent it, taken back by the bank, or recorded by mistake: all that is still unidentified, or a part of it (473 = 5121). Of a MISTAKE that takes all that was recorded the `fee` goes back, too: it never came, so nothing was kept of it.',
    schema: ReturnUnidentifiedPayment,
    example: examples.returnUnidentifiedPayment(),
    result: z.object({ paymentId: z.string(), amount: money, returnedOn: day }),
    rejections: [
      'AMOUNT_TOO_PRECISE',
      'CREDIT_RESERVED',
      'DAY_TOO_FAR_AHEAD',
      'PAYMENT_ALREADY_REVERSED',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
      'UNIDENTIFIED_AMOUNT_EXCEEDED',
      'UNIDENTIFIED_PAYMENT_NOT_FOUND',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onUnidentified({ type: 'ReturnUnidentifiedPayment', data }, context, dependencies)
      const { amount, returnedOn } = found(handled, 'UnidentifiedPaymentReturned')?.data ?? {}
      return { ...handled, result: { paymentId: data.paymentId, amount, returnedOn } }
    },
  }),
]
