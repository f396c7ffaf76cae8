import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  BI_SCHEMA,
  type BiTypes,
  biDictionary,
  biViews,
  CompaniesUnknown,
  createBiRole,
  dropBiRole,
  EVERY_COMPANY,
  installBi,
  listBiRoles,
  readBiTypes,
  removeBi,
} from '@registru/projections'
import { createPool, type PoolClient } from '@registru/runtime'
import type { Command } from 'commander'
import { z } from 'zod'
import { CommandFailed, EXIT, type ExitCode, findDatabase, type Io } from './io.ts'
import { textTable } from './table.ts'

const UNDEFINED_OBJECT = '42704'
const UNDEFINED_TABLE = '42P01'

const DICTIONARY = join(resolve(import.meta.dirname, '../../../..'), 'shared/docs/bi-dictionary.md')

const withClient = async (
  io: Io,
  work: (client: PoolClient, databaseUrl: string) => Promise<void>,
): Promise<ExitCode> => {
  const url = findDatabase(io)
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'registru bi', onIdleError: () => undefined })
  try {
    const client = await pool.connect().catch((cause: unknown) => {
      throw new CommandFailed(EXIT.UNREACHABLE, 'PostgreSQL cannot be reached. `registru doctor` tells more.', {
        cause,
      })
    })
    try {
      await work(client, url)
    } finally {
      client.release()
    }
    return EXIT.OK
  } finally {
    await pool.end()
  }
}

/** What a BI tool is given: the same server and database, another login. */
const connectionString = (databaseUrl: string, role: string, password: string): string => {
  const url = new URL(databaseUrl)
  url.username = role
  url.password = password
  return url.href
}

const dictionaryEntries = (types: BiTypes) =>
  biViews.map(({ name, comment, columns }) => ({
    view: name,
    meaning: comment,
    columns: columns.map((column) => ({
      column: column.name,
      type: types[name]?.[column.name] ?? null,
      meaning: column.comment,
    })),
  }))

/** PostgreSQL gives some things to every login, and only a superuser can take them away. */
const sayWhatIsOpen = (io: Io, open: readonly string[]): void => {
  if (open.length === 0) return
  const what = open.length === 1 ? open[0] : `${open[0]} and ${open.length - 1} more`
  io.say(
    `Every login can still use ${what}: run \`registru bi install\` once as a superuser of the server, or give BI tools a read replica.`,
  )
}

/** @throws CommandFailed */
const mustBeBiName = (role: string): void => {
  if (/^bi_[a-z0-9_]{1,50}$/.test(role)) return
  throw new CommandFailed(EXIT.USAGE, `${role}: the name of a login is bi_ and lower-case letters, digits and _.`)
}

interface Told {
  readonly json?: true
}
const JSON_HELP = 'say as JSON what was done'

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** `registru bi`: the schema for BI tools and the logins that see it. */
export const addBiCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  const bi = program
    .command('bi')
    .summary('the schema bi_v1 for Metabase, Superset and their like, and its logins')
    .description(
      'The schema bi_v1 for BI tools and the logins that see it. shared/docs/bi.md tells how to connect a tool.',
    )

  bi.command('install')
    .description('make bi_v1, or bring it up to this code')
    .option('--json', JSON_HELP)
    .action(async ({ json }: Told) => {
      const work = async (client: PoolClient): Promise<void> => {
        const open = await installBi(client)
        sayWhatIsOpen(io, open)
        if (json === true) io.print(JSON.stringify({ schema: BI_SCHEMA, views: biViews.map(({ name }) => name), open }))
      }
      end(await withClient(io, work))
    })

  bi.command('create-role')
    .description(
      'a login that sees bi_v1 and nothing else, of these companies only; prints its connection string, once. ' +
        'Again for the same name: a new password, and these companies instead.',
    )
    .argument('[role]', 'bi_ and lower-case letters, digits, _', 'bi_reader')
    .option('--company <id>', 'whose ledger it sees; may be given again', collect, [])
    .option('--every-company', 'all of them, future ones too')
    .option('--json', JSON_HELP)
    .action(async (role: string, options: Told & { company: readonly string[]; everyCompany?: true }) => {
      const companies = options.everyCompany === true ? [EVERY_COMPANY] : options.company
      if (companies.length === 0)
        throw new CommandFailed(EXIT.USAGE, 'Whose ledger? Give --company or --every-company.')
      mustBeBiName(role)
      const work = async (client: PoolClient, databaseUrl: string): Promise<void> => {
        sayWhatIsOpen(io, await installBi(client))
        const password = await createBiRole(client, { role, companies }).catch((error: unknown) => {
          if (!(error instanceof CompaniesUnknown)) throw error
          throw new CommandFailed(EXIT.USAGE, `There is no company ${error.companies.join(', ')}. Ids are exact.`)
        })
        io.say('Kept nowhere: what is lost is made anew with the same command.')
        const url = connectionString(databaseUrl, role, password)
        io.print(options.json === true ? JSON.stringify({ role, companies, url }) : url)
      }
      end(await withClient(io, work))
    })

  bi.command('drop-role')
    .description('end a login and its sessions')
    .argument('<role>')
    .option('--json', JSON_HELP)
    .action(async (role: string, { json }: Told) => {
      mustBeBiName(role)
      const work = async (client: PoolClient): Promise<void> => {
        await dropBiRole(client, role).catch((error: unknown) => {
          const { code } = z.object({ code: z.string().optional() }).parse(error)
          if (code !== UNDEFINED_OBJECT && code !== UNDEFINED_TABLE) throw error
          throw new CommandFailed(EXIT.USAGE, `${role} is no login of a BI tool: registru bi roles lists them.`)
        })
        if (json === true) io.print(JSON.stringify({ dropped: role }))
      }
      end(await withClient(io, work))
    })

  bi.command('roles')
    .description('the logins, and whose ledgers they see')
    .option('--json', 'print them as JSON')
    .action(async ({ json }: Told) => {
      const work = async (client: PoolClient): Promise<void> => {
        const roles = await listBiRoles(client)
        const rows = roles.map(({ role, companies }) => [role, companies.join(', ')])
        io.print(json === true ? JSON.stringify(roles) : textTable([{ head: 'login' }, { head: 'companies' }], rows))
      }
      end(await withClient(io, work))
    })

  bi.command('dictionary')
    .description('the data dictionary as Markdown')
    .option('--write', 'into shared/docs/bi-dictionary.md instead')
    .option('--json', 'print the views with their columns, types and meanings as JSON')
    .action(async ({ write, json }: Told & { write?: true }) => {
      const work = async (client: PoolClient): Promise<void> => {
        const types = await readBiTypes(client)
        if (Object.keys(types).length === 0)
          throw new CommandFailed(EXIT.USAGE, `${BI_SCHEMA} is not there: registru bi install makes it.`)
        const dictionary = biDictionary(types)
        if (write === true) writeFileSync(DICTIONARY, dictionary)
        else io.print(json === true ? JSON.stringify(dictionaryEntries(types)) : dictionary)
      }
      end(await withClient(io, work))
    })

  bi.command('remove')
    .description('take bi_v1 away; logins, and what they may see, stay until they are dropped')
    .option('--json', JSON_HELP)
    .action(async ({ json }: Told) => {
      const work = async (client: PoolClient): Promise<void> => {
        await removeBi(client)
        if (json === true) io.print(JSON.stringify({ removed: BI_SCHEMA }))
      }
      end(await withClient(io, work))
    })
}
