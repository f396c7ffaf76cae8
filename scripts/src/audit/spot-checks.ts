import { type Command, InvalidArgumentError } from 'commander'
import type { ExitCode, Io } from '../cli/io.ts'
import { answerAging, answerBalance, answerOpenItems, answerStatement } from './answers.ts'
import type { Known } from './known.ts'
import { addReportSpotChecks } from './report-spot-checks.ts'
import { runSpot, type Spot, type SpotMaker, type SpotOptions } from './spot.ts'

const bucketEnds = (text: string): readonly number[] => {
  const ends = text.split(',').map(Number)
  if (ends.every((end, index) => Number.isInteger(end) && end >= 0 && end > (ends[index - 1] ?? -1))) return ends
  throw new InvalidArgumentError('Expected rising days, e.g. 0,30,60,90.')
}

const ageBy = (text: string): 'due' | 'issued' => {
  if (text === 'due' || text === 'issued') return text
  throw new InvalidArgumentError('Expected due or issued.')
}

/** `registru audit balance` and its like: single answers from the events alone, to hold against the API's. */
export const addSpotChecks = (audit: Command, io: Io, end: (code: ExitCode) => void): void => {
  const spot = (name: string, description: string): Command =>
    audit
      .command(name)
      .description(`${description}, from the events alone`)
      .option('--company <id>', 'whose ledger (or REGISTRU_COMPANY)')
      .option('--as-of <day>', 'effective day, yyyy-mm-dd; today when absent')
      .option('--known-at <moment>', 'what was known then: an instant (RFC 3339) or a position; everything when absent')
      .option('--compare', 'ask the API the same; exit code 1 and the first difference if it answers otherwise')
      .option('--url <url>', 'the API, if it is not the one that runs here (or REGISTRU_URL)')
  const run: SpotMaker['run'] = async (options, answerOf) => end(await runSpot(io, options, answerOf))
  const inPath = encodeURIComponent

  spot('balance', "A client's balance per currency")
    .argument('<client>', 'client id')
    .action(async (client: string, options: SpotOptions) => {
      const path = `clients/${inPath(client)}`
      end(
        await runSpot(io, options, (known, asOf) => ({
          answer: answerBalance(known, { asOf }, client),
          path,
          query: {},
        })),
      )
    })
  spot('open-items', 'What makes up the balance of a client')
    .argument('<client>', 'client id')
    .action(async (client: string, options: SpotOptions) => {
      const path = `clients/${inPath(client)}/statement`
      const answerOf = (known: Known, asOf: string): Spot => {
        const answer = answerOpenItems(known, { asOf }, client)
        return { answer, path, query: { style: 'openItem', to: asOf } }
      }
      end(await runSpot(io, options, answerOf))
    })
  spot('statement', "A client's statement")
    .argument('<client>', 'client id')
    .option('--from <day>', 'first day; the first of the month of --to when absent')
    .option('--to <day>', 'last day; --as-of when absent')
    .action(async (client: string, options: SpotOptions & { readonly from?: string; readonly to?: string }) => {
      const path = `clients/${inPath(client)}/statement`
      const answerOf = (known: Known, asOf: string): Spot => {
        const to = options.to ?? asOf
        const from = options.from ?? `${to.slice(0, 7)}-01`
        return { answer: answerStatement(known, { from, to }, client), path, query: { from, to } }
      }
      end(await runSpot(io, options, answerOf))
    })
  spot('aging', 'What is still to be recovered, by age')
    .option('--buckets <days>', 'upper ends of the buckets', bucketEnds, [0, 30, 60, 90])
    .option('--by <day>', 'due or issued', ageBy, 'due')
    .action(async (options: SpotOptions & { readonly buckets: readonly number[]; readonly by: 'due' | 'issued' }) => {
      const { buckets: ends, by } = options
      const answerOf = (known: Known, asOf: string): Spot => ({
        answer: answerAging(known, { asOf }, { ends, by }),
        path: 'receivables/aging',
        query: { buckets: ends.join(','), by },
      })
      end(await runSpot(io, options, answerOf))
    })
  addReportSpotChecks({ make: spot, run })
}
