import t from 'tap'
import { CommandKeyClaimed, commandKey, commandKeyStream } from '../src/index.ts'
import { givenOf } from './given.ts'

const given = givenOf(commandKey)
const claim = { stream: 'clientAccount-amc:alfa', requestHash: '0'.repeat(64) }

t.test('a key is claimed once, whoever comes again', async (t) => {
  const command = { type: 'ClaimCommandKey', data: claim } as const
  t.same(given().when(command), [CommandKeyClaimed.of(claim)])
  t.same(given(CommandKeyClaimed.of(claim)).when(command), [])
  const other = { ...claim, stream: 'clientAccount-amc:beta' }
  t.same(given(CommandKeyClaimed.of(claim)).when({ ...command, data: other }), [])
})

t.test('it is remembered for whom', async (t) => {
  t.same(commandKey.initialState(), { claimedFor: undefined })
  t.same(commandKey.evolve(commandKey.initialState(), CommandKeyClaimed.of(claim)), { claimedFor: claim.stream })
})

t.test('a stream for each key, by company and command', async (t) => {
  t.equal(commandKeyStream('amc', '8b0f2d4e'), 'commandKey-amc:8b0f2d4e')
})
