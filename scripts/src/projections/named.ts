import { allProjections, type Generation, type Projection } from '@registru/projections'
import { CommandFailed, EXIT } from '../cli/io.ts'

const NAMED = /^([a-z_]+)(?:@([0-9]+))?(?:#([0-9]+))?$/

export interface Named {
  readonly projection: Projection
  /** As the person asked for it; absent: whichever fits. */
  readonly generation: number | undefined
}

const usage = (message: string): CommandFailed => new CommandFailed(EXIT.USAGE, message)

/** `all`, `journal`, `journal@2` or `journal@2#3`. A version is that of this program. @throws CommandFailed */
export const parseNamed = (text: string): readonly Named[] => {
  if (text === 'all') return allProjections.map((projection) => ({ projection, generation: undefined }))
  const [, name, version, generation] = NAMED.exec(text) ?? []
  const projection = allProjections.find((known) => known.name === name)
  if (projection === undefined) {
    throw usage(`${text} is no read model. There are: ${allProjections.map((known) => known.name).join(', ')}, or all.`)
  }
  if (version !== undefined && Number(version) !== projection.version) {
    throw usage(
      `This program builds ${projection.name}@${projection.version}; for @${version} run the program of that version.`,
    )
  }
  return [{ projection, generation: generation === undefined ? undefined : Number(generation) }]
}

export const nameOf = ({
  name,
  version,
  generation = 1,
}: Pick<Projection, 'name' | 'version' | 'generation'>): string => `${name}@${version}#${generation}`

/** What is in use of a projection. @throws CommandFailed */
export const inUseOf = (generations: readonly Generation[], { name }: Projection): Generation => {
  const found = generations.find((generation) => generation.name === name && generation.use === 'IN_USE')
  if (found === undefined)
    throw new CommandFailed(EXIT.UNREACHABLE, `${name} has never been projected: is the projector running?`)
  return found
}

/** The generation that was named, or the newest finished one that is not in use. @throws CommandFailed */
export const otherOf = (generations: readonly Generation[], { projection, generation }: Named): Generation => {
  const found = generations
    .filter(
      ({ name, version, ready, use }) =>
        name === projection.name && version === projection.version && ready && use !== 'IN_USE',
    )
    .filter((candidate) => (generation === undefined ? candidate.generation > 1 : candidate.generation === generation))
    .at(-1)
  if (found !== undefined) return found
  const wanted =
    generation === undefined ? `${projection.name}@${projection.version}` : nameOf({ ...projection, generation })
  throw new CommandFailed(
    EXIT.USAGE,
    `${wanted} has no finished build beside the one in use: registru projections list`,
  )
}
