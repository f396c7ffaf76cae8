import gossip from '@eventstore/db-client/generated/gossip_pb.js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import { type CallProxy, startCallProxy } from './call-proxy.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

const { LEADER, FOLLOWER } = gossip.MemberInfo.VNodeState

interface Node {
  readonly wire: TcpProxy
  readonly calls: CallProxy
}

/**
 * Several endpoints of one log. Each node gossips about all of them and names the leader; a frozen one is a stopped process: its
 * port still takes connections and bytes, and goes on with them when it is thawed.
 */
export interface Cluster {
  readonly url: string
  freezeLeader(): void
  /** From now on all nodes name another leader. */
  elect(): void
  thaw(): void
  stop(): Promise<void>
}

export const startCluster = async (serverPort: number, size: number): Promise<Cluster> => {
  const nodes: Node[] = []
  let leader = 0
  let frozen: Node | undefined
  const members = (): Buffer => {
    const info = new gossip.ClusterInfo()
    nodes.forEach(({ wire }, index) => {
      const endpoint = new gossip.EndPoint().setAddress('127.0.0.1').setPort(wire.port)
      const member = new gossip.MemberInfo().setIsAlive(true).setState(index === leader ? LEADER : FOLLOWER)
      const instance = new shared.UUID().setString(`00000000-0000-4000-8000-00000000000${index}`)
      info.addMembers(member.setInstanceId(instance).setHttpEndPoint(endpoint))
    })
    return Buffer.from(info.serializeBinary())
  }
  for (let index = 0; index < size; index += 1) {
    const calls = await startCallProxy(serverPort)
    calls.answerCalls('/event_store.client.gossip.Gossip/Read', members)
    nodes.push({ calls, wire: await startTcpProxy(calls.port) })
  }
  const hosts = nodes.map(({ wire }) => `127.0.0.1:${wire.port}`).join(',')
  return {
    url: `esdb://${hosts}?tls=false`,
    freezeLeader: () => {
      frozen = nodes[leader]
      frozen?.wire.freeze()
    },
    elect: () => {
      leader = (leader + 1) % size
    },
    thaw: () => frozen?.wire.heal(),
    stop: async () => {
      for (const { wire, calls } of nodes) {
        await wire.stop()
        await calls.stop()
      }
    },
  }
}
