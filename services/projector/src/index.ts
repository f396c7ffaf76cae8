export type { PoisonReport } from './poison.ts'
export { EXIT_DIVERGED, EXIT_FENCED, type Projector, type ProjectorOptions, startProjector } from './projector.ts'
export type { ProjectorState, ProjectorStatus } from './status.ts'
