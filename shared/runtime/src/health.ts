/** Whoever asks wants an answer before his own patience ends. */
const probeTimeoutMs = 1_000

export interface PartHealth {
  readonly part: string
  readonly up: boolean
  /** Why it is down. */
  readonly reason?: string
}

export interface Health {
  /** A probe rejects while its part is down. */
  readonly watch: (part: string, probe: () => Promise<unknown>) => void
  /** All parts, asked now and together, in the order in which they were registered. */
  readonly report: () => Promise<PartHealth[]>
}

const withinLimit = async (probe: () => Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${probeTimeoutMs} ms`)), probeTimeoutMs)
  })
  try {
    await Promise.race([probe(), limit])
  } finally {
    clearTimeout(timer)
  }
}

const examine = async ([part, probe]: [string, () => Promise<unknown>]): Promise<PartHealth> => {
  try {
    await withinLimit(probe)
    return { part, up: true }
  } catch (error) {
    return { part, up: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

/** The parts that a process needs to do its work. */
export const createHealth = (): Health => {
  const probes = new Map<string, () => Promise<unknown>>()
  return {
    watch: (part, probe) => void probes.set(part, probe),
    report: () => Promise.all([...probes].map(examine)),
  }
}
