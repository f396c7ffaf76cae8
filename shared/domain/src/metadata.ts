import { z } from 'zod'
import { CommandId, CompanyId } from './ids.ts'
import { FreeText, Name } from './text.ts'

/** Stands beside every event of the ledger: who, why, from which command, and when the ledger learned of it. */
export const EventMetadata = z.strictObject({
  companyId: CompanyId,
  commandId: CommandId,
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
  /** 16 random bytes, base64url, of every event since ids cover their content: a proof blinds with them. */
  salt: z
    .string()
    .regex(/^[A-Za-z0-9_-]{22}$/)
    .optional(),
  /**
   * Last revision of the append that carried this event, where other commands shared it after this one: the answer's
   * position is that of the whole append, and a repeated command has to give the same answer.
   */
  appendedThrough: z.int().nonnegative().optional(),
})
export type EventMetadata = z.infer<typeof EventMetadata>
