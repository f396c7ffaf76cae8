import { createConnection, createServer, type Socket } from 'node:net'

/** A wire with faults, between the client and a server. */
export interface TcpProxy {
  readonly url: string
  readonly port: number
  /** Nothing gets through in either direction any more, and nobody is told: a half-open connection. */
  freeze(): void
  /** Answers no longer come back, requests still go out. */
  swallowAnswers(): void
  /** Everything passes again: frozen connections go on, those that lost answers are reset. */
  heal(): void
  /** Each piece takes this long. */
  delay(ms: number): void
  /** Resets every connection; new ones are accepted, unless `refuse` is set. */
  reset(options?: { readonly refuse: boolean }): void
  /** New connections go to another server. */
  redirect(port: number): void
  stop(): Promise<void>
}

interface Wire {
  readonly down: Socket
  readonly up: Socket
}

export const startTcpProxy = async (serverPort: number): Promise<TcpProxy> => {
  let upstreamPort = serverPort
  const wires = new Set<Wire>()
  let frozen = false
  let swallowing = false
  const damaged = new Set<Wire>()
  let refusing = false
  let delayMs = 0

  const later = (deliver: () => void): void => {
    if (delayMs === 0) deliver()
    else setTimeout(deliver, delayMs)
  }
  const server = createServer((down) => {
    if (refusing) {
      down.resetAndDestroy()
      return
    }
    const up = createConnection(upstreamPort, '127.0.0.1')
    const wire = { down, up }
    wires.add(wire)
    const end = (): void => {
      wires.delete(wire)
      down.destroy()
      up.destroy()
    }
    for (const socket of [down, up]) socket.setNoDelay(true).on('error', end).on('close', end)
    down.on('data', (bytes) => {
      later(() => up.write(bytes))
    })
    up.on('data', (bytes) => {
      if (swallowing) damaged.add(wire)
      else later(() => down.write(bytes))
    })
    if (frozen) freezeWire(wire)
  })
  const freezeWire = ({ down, up }: Wire): void => {
    down.pause()
    up.pause()
  }
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')

  const cutAll = (): void => {
    for (const { down, up } of wires) {
      down.resetAndDestroy()
      up.destroy()
    }
  }
  return {
    url: `esdb://127.0.0.1:${address.port}?tls=false`,
    port: address.port,
    freeze: () => {
      frozen = true
      for (const wire of wires) freezeWire(wire)
    },
    swallowAnswers: () => {
      swallowing = true
    },
    heal: () => {
      frozen = false
      swallowing = false
      refusing = false
      delayMs = 0
      for (const wire of damaged) wire.down.resetAndDestroy()
      damaged.clear()
      for (const { down, up } of wires) {
        down.resume()
        up.resume()
      }
    },
    delay: (ms) => {
      delayMs = ms
    },
    reset: (options) => {
      refusing = options?.refuse ?? false
      cutAll()
    },
    redirect: (port) => {
      upstreamPort = port
    },
    stop: async () => {
      cutAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
