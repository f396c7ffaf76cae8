import { z } from 'zod'
import { CompanyId } from './ids.ts'
import { FreeText, Name } from './text.ts'

/** Stands beside every event of the ledger: who, why, from which command, and when the ledger learned of it. */
export const EventMetadata = z.strictObject({
  companyId: CompanyId,
  commandId: z.uuid(),
  /** SHA-256 of the canonical request; tells a repeated command from a reused key. */
  requestHash: z.string().regex(/^[0-9a-f]{64}$/),
  correlationId: z.string().min(1).max(128),
  /** The command or event that led to this one. */
  causationId: z.string().min(1).max(128),
  actor: Name,
  reason: FreeText.optional(),
  /** UTC. Information, never order: order is revision and position. */
  recordedAt: z.iso.datetime(),
  schemaVersion: z.int().positive(),
})
export type EventMetadata = z.infer<typeof EventMetadata>
