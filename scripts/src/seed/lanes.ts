/**
 * Runs tasks beside each other, except that a task waits for the earlier ones that share a lane with it: the commands of
 * one account keep their order, and so do the receipts of one book. Tasks are taken in order, at most `concurrency` at a
 * time; the first failure stops the taking and is thrown when what was begun has ended.
 */
export const runInLanes = async <Task extends { readonly lanes: readonly string[] }>(
  tasks: Iterable<Task>,
  concurrency: number,
  run: (task: Task) => Promise<void>,
): Promise<void> => {
  const busy = new Set<string>()
  const running = new Set<Promise<void>>()
  const waiting: Task[] = []
  const failures: unknown[] = []

  const begin = (task: Task): void => {
    for (const lane of task.lanes) busy.add(lane)
    const promise = run(task)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        running.delete(promise)
        for (const lane of task.lanes) busy.delete(lane)
      })
    running.add(promise)
  }

  /** Begins every waiting task whose lanes are free, in order; a lane that an earlier one waits for is not free. */
  const beginWaiting = (): void => {
    const wanted = new Set<string>()
    for (let index = 0; index < waiting.length && running.size < concurrency; ) {
      const task = waiting[index]
      if (task === undefined) break
      if (task.lanes.some((lane) => busy.has(lane) || wanted.has(lane))) {
        for (const lane of task.lanes) wanted.add(lane)
        index += 1
      } else {
        waiting.splice(index, 1)
        begin(task)
      }
    }
  }

  // Looked ahead this far, or one busy account would hold up all others.
  const waitingMax = concurrency * 8
  const source = tasks[Symbol.iterator]()
  for (let exhausted = false; failures.length === 0; ) {
    while (!exhausted && waiting.length < waitingMax) {
      const next = source.next()
      if (next.done === true) exhausted = true
      else waiting.push(next.value)
    }
    beginWaiting()
    if (running.size === 0) break
    await Promise.race(running)
  }
  await Promise.all(running)
  if (failures.length > 0) throw failures[0]
}
