import { Readable } from 'node:stream'
import t from 'tap'
import { readTap, type Tally } from '../src/tap-results.ts'

const read = async (...lines: string[]): Promise<{ tally: Tally; printed: string }> => {
  const printed: string[] = []
  const tally = await readTap(Readable.from([['TAP version 14', ...lines, ''].join('\n')]), (line) =>
    printed.push(line),
  )
  return { tally, printed: printed.join('\n') }
}

t.test('readTap', async (t) => {
  t.test('counts what a file contains, not its subtests', async (t) => {
    const { tally, printed } = await read(
      '# Subtest: a.test.js',
      '    # Subtest: inner',
      '        ok 1 - one',
      '        ok 2 - two',
      '        1..2',
      '    ok 1 - inner',
      '    1..1',
      'ok 1 - a.test.js # time=1500ms',
      '1..1',
    )
    t.same(tally, { passed: 2, failed: 0, skipped: 0 })
    t.equal(printed, 'ok a.test.js (2 passed, 0 failed) 1.5 s')
  })

  t.test('prints what failed, with its diagnostics, and counts it once', async (t) => {
    const { tally, printed } = await read(
      '# Subtest: a.test.js',
      '    not ok 1 - amounts agree',
      '      ---',
      '      diff: |',
      '        -1.00',
      '        +2.00',
      '      ...',
      '    1..1',
      'not ok 1 - a.test.js',
      '1..1',
    )
    t.same(tally, { passed: 0, failed: 1, skipped: 0 })
    t.match(printed, 'not ok a.test.js > amounts agree\n    diff:\n        -1.00\n        +2.00\n')
  })

  t.test('counts a file that crashed after its last assertion had passed', async (t) => {
    const { tally } = await read(
      '# Subtest: a.test.js',
      '    ok 1 - one',
      '    1..1',
      'not ok 1 - a.test.js',
      '  ---',
      '  exitCode: 3',
      '  ...',
      '1..1',
    )
    t.same(tally, { passed: 1, failed: 1, skipped: 0 })
  })

  t.test('counts a file that failed before its first assertion', async (t) => {
    const { tally } = await read('not ok 1 - a.test.js', '1..1')
    t.same(tally, { passed: 0, failed: 1, skipped: 0 })
  })

  t.test('counts skipped and planned tests apart', async (t) => {
    const { tally } = await read(
      '# Subtest: a.test.js',
      '    ok 1 - only as root # SKIP not root',
      '    not ok 2 - some day # TODO',
      '    1..2',
      'ok 1 - a.test.js',
      '1..1',
    )
    t.same(tally, { passed: 0, failed: 0, skipped: 2 })
  })

  t.test('takes output that ends early for a failure', async (t) => {
    const { tally } = await read('# Subtest: a.test.js', '    ok 1 - one')
    t.same(tally, { passed: 0, failed: 1, skipped: 0 })
  })
})
