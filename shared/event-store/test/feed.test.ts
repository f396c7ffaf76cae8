import t from 'tap'
import { createFeed } from '../src/feed.ts'

const numbered = (number: number) => ({ number })

const aFeed = (itemsMax = 4, bytesMax = 1_000) => {
  const asked: string[] = []
  const feed = createFeed<{ readonly number: number }>({
    itemsMax,
    bytesMax,
    bytesOf: ({ number }) => number,
    pause: () => asked.push('pause'),
    resume: () => asked.push('resume'),
    silence: (ms) => new Error(`nothing for ${ms} ms`),
  })
  return { feed, asked }
}

t.test('gives everything in order, then the end', async (t) => {
  const { feed } = aFeed()
  const early = feed.next()
  for (const number of [1, 2, 3]) feed.push(numbered(number))
  feed.end()
  t.same(await early, { value: numbered(1), done: false })
  t.same(await feed.next(), { value: numbered(2), done: false })
  t.same(await feed.next(), { value: numbered(3), done: false })
  t.same(await feed.next(), { value: undefined, done: true })
  t.same(await feed.next(), { value: undefined, done: true })
})

t.test('gives what came before the failure, then the failure once', async (t) => {
  const { feed } = aFeed()
  feed.push(numbered(1))
  feed.fail(new Error('broken'))
  feed.push(numbered(2))
  t.same(await feed.next(), { value: numbered(1), done: false })
  await t.rejects(feed.next(), { message: 'broken' })
  t.same(await feed.next(), { value: undefined, done: true })
})

t.test('asks the source to pause when what it holds is large, however few', async (t) => {
  const { feed, asked } = aFeed(100, 1_000)
  feed.push(numbered(600))
  t.same(asked, [])
  feed.push(numbered(500))
  t.same(asked, ['pause'])
  t.same(await feed.next(), { value: numbered(600), done: false })
  t.same(asked, ['pause', 'resume'])
  feed.push(numbered(600))
  t.same(asked, ['pause', 'resume', 'pause'], 'what was taken no longer counts')
})

t.test('asks the source to pause when full, and to go on at half', async (t) => {
  const { feed, asked } = aFeed(4)
  for (const number of [1, 2, 3, 4]) feed.push(numbered(number))
  t.same(asked, ['pause'])
  let hasRoom = false
  const room = feed.room().then(() => {
    hasRoom = true
  })
  await feed.next()
  t.same(asked, ['pause'])
  t.equal(hasRoom, false)
  await feed.next()
  t.same(asked, ['pause', 'resume'])
  await room
})

t.test('fails a reader that waits in silence, and only then', async (t) => {
  const { feed } = aFeed()
  await t.rejects(feed.next(5), { message: 'nothing for 5 ms' })
  const other = aFeed().feed
  other.push(numbered(1))
  t.same(await other.next(5), { value: numbered(1), done: false })
})

t.test('closes at once, whatever is buffered or waited for', async (t) => {
  const { feed } = aFeed()
  feed.push(numbered(1))
  feed.close()
  t.same(await feed.next(), { value: undefined, done: true })
  const other = aFeed().feed
  const waiting = other.next()
  other.close()
  t.same(await waiting, { value: undefined, done: true })
})
