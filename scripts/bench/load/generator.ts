/** A process that sends requests as fast as they are answered, a fixed number in flight, and reports what it saw. */
import { quantile } from '../measure/statistics.ts'
import { openConnection } from './connection.ts'
import { Job, type Result, requestOf } from './workload.ts'

const run = async (job: Job): Promise<Result> => {
  const { hostname, port } = new URL(job.url)
  const connections = await Promise.all(
    Array.from({ length: job.inFlight }, () => openConnection(hostname, Number(port))),
  )
  const latencies: number[] = []
  const refused: Record<string, number> = {}
  let next = 0
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const endsAt = startedAt + job.seconds * 1_000
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() < endsAt) {
        const request = requestOf(job, next)
        next += 1
        const sentAt = performance.now()
        const status = await connection.send(request)
        if (status === 200 || status === 201) latencies.push(performance.now() - sentAt)
        else refused[status] = (refused[status] ?? 0) + 1
      }
    }),
  )
  const seconds = (performance.now() - startedAt) / 1_000
  const { user, system } = process.cpuUsage(cpuBefore)
  for (const connection of connections) connection.close()
  const sorted = Float64Array.from(latencies).toSorted()
  return {
    count: latencies.length,
    refused,
    seconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    cpuUs: user + system,
  }
}

process.on('message', (message) => {
  void run(Job.parse(message)).then((result) => process.send?.(result))
})
process.once('disconnect', () => process.exit())
