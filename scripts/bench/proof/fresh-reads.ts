import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '@registru/scripts/seed/random'
import { z } from 'zod'
import type { Campaign } from './campaign.ts'

/** A company of its own: its clients' balances are followed here, write by write. */
export const FRESH_COMPANY = 'fresh'
const WRITERS = 16
const WAIT_MS = 10_000
const BAN = 100n

/** The projector is asleep about half of the time, at moments that nobody expects. */
const ASLEEP_MAX_MS = 120
const AWAKE_MAX_MS = 120

const Position = z.looseObject({ position: z.string() })
const Balances = Position.extend({ balances: z.array(z.looseObject({ currency: z.string(), credit: z.string() })) })
const Closings = Position.extend({ currencies: z.array(z.looseObject({ closing: z.string() })) })
const Payment = Position.extend({ credit: z.string() })

const text = (minor: bigint): string => `${minor / BAN}.${`${minor % BAN}`.padStart(2, '0')}`

interface Slowed {
  readonly stop: () => Promise<void>
  readonly sleeps: () => number
}

/** Stops and continues the projector at random; it is left awake. */
const slowProjector = ({ system }: Campaign, random: Random): Slowed => {
  const stopping = new AbortController()
  let sleeps = 0
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const pid = system.run.processes['projector']
      if (pid !== undefined) process.kill(pid, 'SIGSTOP')
      await sleep(random.between(0, ASLEEP_MAX_MS))
      if (pid !== undefined) process.kill(pid, 'SIGCONT')
      sleeps += 1
      await sleep(random.between(0, AWAKE_MAX_MS))
    }
  }
  const running = run()
  return {
    sleeps: () => sleeps,
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

/** D: each write is read back at its own position while the projector is slow; the answer has to know of it. */
export const checkFreshReads = async (campaign: Campaign, pairs: number): Promise<string> => {
  const { find, get, system } = campaign
  const { run } = system
  const base = `/v1/companies/${FRESH_COMPANY}`

  /** Answers the position of the write. @throws Error when it is refused */
  const write = async (name: string, key: string, data: object): Promise<string> => {
    const answer = await fetch(`${run.apiUrl}${base}/commands/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${run.token}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(data),
    })
    const body = await answer.text()
    if (!answer.ok) throw new Error(`${name} ${key}: ${answer.status} ${body}`)
    return Position.parse(JSON.parse(body)).position
  }

  let done = 0
  let late = 0
  const progress = campaign.progress('write, then read')
  const follow = async (writer: number): Promise<void> => {
    const random = campaign.random(`fresh ${writer}`)
    const clientId = `client-${writer}`
    await write('RegisterClient', clientId, { clientId, kind: 'INDIVIDUAL', name: `Client ${writer}` })
    let credit = 0n
    for (let number = 0; done < pairs; number += 1) {
      done += 1
      const minor = BigInt(random.between(1, 90_000))
      credit += minor
      const paymentId = `pay-${writer}-${number}`
      const payment = { clientId, paymentId, method: 'BANK_TRANSFER', receivedOn: '2026-11-02' }
      const position = await write('RecordPayment', paymentId, {
        ...payment,
        amount: { amount: text(minor), currency: 'RON' },
        allocation: { rule: 'none' },
      })
      const [path, parse, expected] = random.pick<readonly [string, (json: unknown) => string | undefined, string]>([
        [`payments/${paymentId}?`, (json) => Payment.parse(json).credit, text(minor)],
        [`clients/${clientId}?`, (json) => Balances.parse(json).balances[0]?.credit, text(credit)],
        [
          `clients/${clientId}/statement?from=2026-11-02&to=2026-11-02&`,
          (json) => Closings.parse(json).currencies[0]?.closing,
          `-${text(credit)}`,
        ],
      ])
      const asked = `${base}/${path}minPosition=${position}&maxWait=${WAIT_MS}`
      let answer = await get(asked)
      // Told that it is behind, the reader asks again: that is no stale answer.
      while (answer.status === 504) {
        late += 1
        answer = await get(asked)
      }
      if (answer.status !== 200) find('fresh reads', asked, `${answer.status} ${answer.text}`)
      else {
        const json: unknown = JSON.parse(answer.text)
        const shown = parse(json)
        const at = Position.parse(json).position
        if (shown !== expected) find('fresh reads', asked, `shows ${shown}, written was ${expected}`)
        if (BigInt(at) < BigInt(position)) find('fresh reads', asked, `position ${at} is before ${position}`)
      }
      progress.update(BigInt(done), BigInt(pairs))
    }
  }

  await write('RegisterCompany', FRESH_COMPANY, {
    name: 'Fresh SRL',
    taxId: 'RO1234567897',
    functionalCurrency: 'RON',
    address: { city: 'Iași', countryCode: 'RO' },
  })
  const slowed = slowProjector(campaign, campaign.random('sleeps'))
  try {
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => follow(writer)))
  } finally {
    await slowed.stop()
    progress.stop()
  }
  return `${done} writes read back while the projector slept ${slowed.sleeps()} times; ${late} times the reader was told to wait longer`
}
