import { z } from 'zod'

const BUCKETS_MAX = 12

const areRising = (days: readonly number[]): boolean =>
  days.every((day, index) => index === 0 || day > (days[index - 1] ?? day))

export const Buckets = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,3})(,(0|[1-9][0-9]{0,3}))*$/, {
    error: 'days separated by commas, e.g. 0,30,60,90',
    abort: true,
  })
  .refine((text) => areRising(text.split(',').map(Number)), 'rising days')
  .refine((text) => text.split(',').length <= BUCKETS_MAX, `at most ${BUCKETS_MAX} buckets`)
  .meta({ description: 'Days late at which a bucket ends; 0,30,60,90 when absent', examples: ['0,30,60,90'] })

export const bucketsOf = (text: string | undefined): readonly number[] | undefined => text?.split(',').map(Number)
