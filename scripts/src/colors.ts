import picocolors from 'picocolors'

/** picocolors alone paints wherever `CI` is set, and a redirected standard error as long as standard output is a terminal. */
const areBothLookedAt = process.stdout.isTTY && process.stderr.isTTY

export const colors = picocolors.createColors(
  picocolors.isColorSupported && (areBothLookedAt || process.env['FORCE_COLOR'] !== undefined),
)
