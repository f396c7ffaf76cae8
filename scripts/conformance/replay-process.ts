import { checkBehaviour } from './behaviours.ts'
import { createPerformer, type Operation } from './operations.ts'
import { createReplay, type Replay } from './replay.ts'
import type { Script } from './script.ts'

/**
 * The process in which scripts run: `scripts <url>` takes one script or behaviour after the other, `client <url> <prefix>` is the
 * second client of a script. The client's faults escape every promise, so they are caught here, for the whole process.
 */
const [mode, url = '', prefix = ''] = process.argv.slice(2)

const answerParent = (message: object): void => {
  process.send?.(message)
}

/** What the parent asks for: a script replayed, or a behaviour checked. */
export type Task = { readonly script: Script; readonly seed: string } | { readonly behaviour: string }

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const performTask = async (task: Task): Promise<object> => {
  if ('behaviour' in task) return { note: await checkBehaviour(task.behaviour, url) }
  replay = createReplay(task.script, url, task.seed)
  return { answers: await replay.run() }
}

let replay: Replay | undefined
const onFault = (error: unknown): void => replay?.fault(error)
process
  .on('uncaughtException', onFault)
  .on('unhandledRejection', onFault)
  .on('disconnect', () => process.exit(0))

if (mode === 'client') {
  const performer = createPerformer(url, prefix)
  process.on('message', (message: { readonly number: number; readonly operation: Operation }) => {
    void performer.perform(message.operation).then((answer) => answerParent({ number: message.number, answer }))
  })
} else {
  process.on('message', (task: Task) => {
    performTask(task).then(answerParent, (error: unknown) => answerParent({ broken: messageOf(error) }))
  })
}
