/** A supervisor to be killed: starts the server of the folder given and reports it to its parent. */
import { startPostgres } from '../../src/postgres/server.ts'

const server = await startPostgres({ folder: process.argv[2] ?? '', durable: false })
process.send?.({ pid: server.pid, url: server.url() })
