/** The store is away or silent; try again later. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** The store refuses us for a reason that only an operator can remove: certificate, credentials, rights. */
export class StoreMisconfigured extends Error {
  override readonly name = 'StoreMisconfigured'
}

/** The store is not the one this reader has read from: restored to an older copy, or another one. */
export class StoreDiverged extends Error {
  override readonly name = 'StoreDiverged'
}

/** The stream is tombstoned: nothing can be written to it or read from it again. */
export class StreamDeleted extends Error {
  override readonly name = 'StreamDeleted'
}

/** An append that must not be sent: it would crash a node, hang, or never be accepted. A mistake of the caller. */
export class AppendRefused extends Error {
  override readonly name = 'AppendRefused'
}

/** A read that the store would not answer. A mistake of the caller. */
export class ReadRefused extends Error {
  override readonly name = 'ReadRefused'
}

/** No event of this log begins at the position: another history gave it out. */
export class PositionRefused extends Error {
  override readonly name = 'PositionRefused'
}
