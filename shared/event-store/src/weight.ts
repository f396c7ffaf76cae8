/** Of an object or a list, and of each of their members, beyond what they hold. */
const MEMBER_BYTES = 16

/** About how much memory a parsed payload takes; what an event came in as is no longer known once the client has parsed it. */
const weightOfValue = (value: unknown): number => {
  if (typeof value === 'string') return MEMBER_BYTES + value.length * 2
  if (value instanceof Uint8Array) return MEMBER_BYTES + value.byteLength
  if (typeof value !== 'object' || value === null) return MEMBER_BYTES
  let bytes = MEMBER_BYTES
  for (const member of Array.isArray(value) ? value : Object.values(value)) bytes += weightOfValue(member)
  return bytes
}

export const weightOfEvent = ({ data, metadata }: { readonly data: unknown; readonly metadata: unknown }): number =>
  weightOfValue(data) + weightOfValue(metadata)
