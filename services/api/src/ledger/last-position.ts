interface Written {
  readonly position: bigint | undefined
}

/** Where a reader has to be to know of all of it; `undefined` when nothing was written. */
export const lastPosition = (...parts: readonly Written[]): bigint | undefined =>
  parts.reduce<bigint | undefined>(
    (last, { position }) => (position !== undefined && position > (last ?? -1n) ? position : last),
    undefined,
  )
