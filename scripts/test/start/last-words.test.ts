import t from 'tap'
import { lastWords } from '../../src/start/last-words.ts'

t.test('what a process said last is one sentence', async (t) => {
  const fatal = {
    level: 'fatal',
    time: 'now',
    msg: 'The projector gives up',
    err: { message: 'it is another store', stack: 'Error\n    at x' },
  }
  const info = { level: 'info', msg: 'Stopped' }
  t.equal(
    lastWords([fatal, info].map((entry) => JSON.stringify(entry)).join('\n')),
    'The projector gives up: it is another store',
  )
  t.equal(lastWords(JSON.stringify(info)), 'Stopped')
  const uncaught = [
    'node:events:502',
    '      throw er; // Unhandled',
    '      ^',
    '',
    'Error: listen EADDRINUSE',
    '    at Server.setup (node:net:1:1)',
    '  code: 1,',
    '}',
    '',
    'Node.js v20.20.2',
  ]
  t.equal(lastWords(uncaught.join('\n')), 'Error: listen EADDRINUSE')
  t.equal(lastWords('FATAL:  could not write lock file'), 'FATAL:  could not write lock file')
  t.equal(lastWords(''), undefined)
})
