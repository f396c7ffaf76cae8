import t from 'tap'
import { ConfigurationError, listenAddress, readConfig, variables } from '../src/config.ts'

t.test('readConfig', async (t) => {
  const { DATABASE_URL, PORT, LOG_LEVEL, REGISTRU_TOKEN, ESDB_URL } = variables

  t.test('reads what the shape names, and nothing else', async (t) => {
    const environment = { DATABASE_URL: 'postgres://me:secret@127.0.0.1:5432/ledger', PORT: '7310', HOME: '/home/me' }
    t.same(readConfig({ DATABASE_URL, PORT, LOG_LEVEL }, environment), {
      DATABASE_URL: 'postgres://me:secret@127.0.0.1:5432/ledger',
      PORT: 7310,
      LOG_LEVEL: 'info',
    })
  })

  t.test('names every variable that is missing or wrong, and shows no value', async (t) => {
    const environment = {
      DATABASE_URL: 'mysql://me:secret@host',
      REGISTRU_TOKEN: 'secret',
      PORT: 'secret',
      ESDB_URL: '',
    }
    const read = () => readConfig({ DATABASE_URL, REGISTRU_TOKEN, PORT, ESDB_URL }, environment)
    const error: unknown = t.throws(read, ConfigurationError)
    t.match(error, { variables: ['DATABASE_URL', 'REGISTRU_TOKEN', 'PORT', 'ESDB_URL'] })
    t.notMatch(String(error), 'secret')
    t.match(String(error), 'ESDB_URL: is not set')
    t.match(String(error), 'PORT: expected a port number')
  })

  t.test('takes the ports there are', async (t) => {
    for (const port of ['0', '65535']) t.same(readConfig({ PORT }, { PORT: port }), { PORT: Number(port) })
    for (const port of ['-1', '65536', '80.5']) t.throws(() => readConfig({ PORT }, { PORT: port }), ConfigurationError)
  })

  t.test('takes single nodes and clusters of the event store', async (t) => {
    for (const url of [
      'esdb://127.0.0.1:2113?tls=false',
      'esdb+discover://me:secret@one:2113,two:2113',
      'kurrentdb://one',
    ]) {
      t.same(readConfig({ ESDB_URL }, { ESDB_URL: url }), { ESDB_URL: url })
    }
    t.throws(() => readConfig({ ESDB_URL }, { ESDB_URL: 'http://one:2113' }), ConfigurationError)
  })
})

t.test('listenAddress', async (t) => {
  const { HOST, HTTP_WITHOUT_TLS } = variables
  const address = (environment: NodeJS.ProcessEnv) => listenAddress(readConfig({ HOST, HTTP_WITHOUT_TLS }, environment))

  t.test('is loopback unless another is named', async (t) => {
    t.equal(address({}), '127.0.0.1')
    for (const host of ['127.0.0.2', '::1', 'localhost']) t.equal(address({ HOST: host }), host)
  })
  t.test('refuses what others can reach, unless it is said that something in front speaks TLS', async (t) => {
    for (const host of ['0.0.0.0', '::', '10.0.0.7']) {
      t.throws(() => address({ HOST: host }), ConfigurationError)
      t.equal(address({ HOST: host, HTTP_WITHOUT_TLS: 'allowed' }), host)
    }
    t.throws(() => address({ HOST: '0.0.0.0', HTTP_WITHOUT_TLS: 'yes' }), ConfigurationError)
    t.throws(() => address({ HOST: 'everywhere' }), ConfigurationError)
  })
})
