/** How long a decision takes to be seen: from the answer to a command to its position in the read models, under clients at once. */

import { setTimeout as sleep } from 'node:timers/promises'
import { findReadPosition, type ReadHandle } from '@registru/projections'
import { createDatabase, createPool } from '@registru/runtime'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { quantile } from './measure/statistics.ts'
import { startTemporarySystem } from './measure/temporary-system.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above zero.')
}

const program = new Command('npm run bench lag --')
  .description(
    'Starts a whole system of its own and lets clients record payments, each as soon as its last one is answered. Prints how\n' +
      'long commands take, how long after the answer they are seen, and the ratio of the two at the 99th percentile, round by\n' +
      'round. Seen means committed in every read model, which is asked for every millisecond. Leaves nothing behind.',
  )
  .option('--clients <n>', 'commands in flight', positive, 16)
  .option('--accounts <n>', 'accounts that they are spread over', positive, 1_000)
  .option('--seconds <n>', 'a round', positive, 10)
  .option('--rounds <n>', 'after one that only warms', positive, 5)
  .option('--json', 'print the numbers as JSON')
  .parse()
const options = program.opts<{ clients: number; accounts: number; seconds: number; rounds: number; json?: true }>()

const COMPANY = 'bench'
const PROJECTED_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 1
const Answer = z.looseObject({ position: z.string() })

const system = await startTemporarySystem((line) => console.error(line))
const pool = createPool({
  url: system.run.databaseUrl,
  connectionsMax: 1,
  applicationName: 'bench',
  onIdleError: () => undefined,
})
const db: ReadHandle = createDatabase<unknown>(pool)

/** Fulfils promises as the read models reach their positions. */
const watchPositions = () => {
  let waiting: readonly { readonly position: bigint; readonly seen: () => void }[] = []
  let isStopped = false
  const look = async (): Promise<void> => {
    while (!isStopped) {
      const reached = waiting.length === 0 ? -1n : await findReadPosition(db)
      for (const { position, seen } of waiting) if (position <= reached) seen()
      waiting = waiting.filter(({ position }) => position > reached)
      await sleep(LOOK_EVERY_MS)
    }
  }
  const looking = look()
  return {
    until: (position: bigint): Promise<void> =>
      new Promise((seen) => {
        waiting = [...waiting, { position, seen }]
      }),
    stop: (): Promise<void> => {
      isStopped = true
      return looking
    },
  }
}

const send = async (name: string, key: string, data: object): Promise<bigint> => {
  const answer = await fetch(`${system.run.apiUrl}/v1/companies/${COMPANY}/commands/${name}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${system.run.token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(data),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${name} ${key}: ${answer.status} ${text}`)
  return BigInt(Answer.parse(JSON.parse(text)).position)
}

const clientOf = (account: number): string => `client-${account}`

interface Round {
  readonly commandMs: Float64Array
  /** From the answer on; 0 when it was seen before the answer was read. */
  readonly lagMs: Float64Array
}

const work = async (positions: ReturnType<typeof watchPositions>, round: number): Promise<Round> => {
  const commandMs: number[] = []
  const lagMs: number[] = []
  const seen: Promise<void>[] = []
  const endsAt = performance.now() + options.seconds * 1_000
  const client = async (number: number): Promise<void> => {
    for (let index = 0; performance.now() < endsAt; index += 1) {
      const paymentId = `pay-${round}-${number}-${index}`
      const startedAt = performance.now()
      const position = await send('RecordPayment', paymentId, {
        clientId: clientOf((index * options.clients + number) % options.accounts),
        paymentId,
        amount: { amount: '1.00', currency: 'RON' },
        method: 'BANK_TRANSFER',
        receivedOn: '2026-11-02',
        allocation: { rule: 'none' },
      })
      const answeredAt = performance.now()
      commandMs.push(answeredAt - startedAt)
      seen.push(positions.until(position).then(() => void lagMs.push(performance.now() - answeredAt)))
    }
  }
  await Promise.all(Array.from({ length: options.clients }, (_, number) => client(number)))
  const late = AbortSignal.timeout(PROJECTED_WITHIN_MS)
  await Promise.race([
    Promise.all(seen),
    new Promise((_, reject) =>
      late.addEventListener('abort', () => reject(new Error('the projector does not follow'))),
    ),
  ])
  return { commandMs: Float64Array.from(commandMs).toSorted(), lagMs: Float64Array.from(lagMs).toSorted() }
}

try {
  const positions = watchPositions()
  for (let account = 0; account < options.accounts; account += 1) {
    const clientId = clientOf(account)
    await send('RegisterClient', clientId, { clientId, kind: 'INDIVIDUAL', name: clientId })
  }
  const rows: object[] = []
  const table = new Table({
    head: ['round', 'commands/s', 'command p50 ms', 'p99', 'lag p50 ms', 'p99', 'p99 of lag ÷ p99 of command'],
  })
  for (let round = 0; round <= options.rounds; round += 1) {
    const { commandMs, lagMs } = await work(positions, round)
    if (round === 0) continue
    const [command, lag] = [quantile(commandMs, 0.99), quantile(lagMs, 0.99)]
    const [commandMedian, lagMedian] = [quantile(commandMs, 0.5), quantile(lagMs, 0.5)]
    const perSecond = commandMs.length / options.seconds
    rows.push({ round, perSecond, commandMedian, command, lagMedian, lag, ratio: lag / command })
    const cells = [perSecond, commandMedian, command, lagMedian, lag].map((value) => value.toFixed(1))
    table.push([round, ...cells, (lag / command).toFixed(2)])
  }
  console.log(options.json === true ? JSON.stringify(rows) : table.toString())
  await positions.stop()
} finally {
  await db.destroy()
  await system.stop()
}
