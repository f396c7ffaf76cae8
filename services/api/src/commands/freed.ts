import type { AccountEvent } from '@registru/domain'
import { z } from 'zod'
import type { Handled } from '../ledger/command-context.ts'
import { eventsOf } from './on-account.ts'
import { decimal, paid } from './result-schemas.ts'

export const Freed = z
  .array(z.object({ paymentId: z.string(), amount: decimal, paid }))
  .meta({ description: 'What was paid of the invoice and is client credit again' })

export const freedBy = (handled: Handled<AccountEvent>) =>
  eventsOf(handled, 'PaymentDeallocated').map(({ data: { paymentId, amount, conversion } }) => ({
    paymentId,
    amount: amount.amount,
    paid: conversion?.paid,
  }))
