import type { LogEvent, Position } from '@registru/domain'

/** Where the store was when a batch was read. */
export interface Reached {
  /** Everything up to here has been seen: at or after the batch's last event. */
  readonly position: Position
  readonly storeId: string
}

export interface Writer {
  /**
   * Applies events and moves the checkpoints, all or nothing. Events that a projection has already seen are passed over,
   * so sending a batch again changes nothing.
   * @throws Fenced, ProjectionFailed, RowsDisagree
   */
  readonly apply: (events: readonly LogEvent[], reached: Reached) => Promise<void>
}
