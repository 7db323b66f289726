/** The offboarding of a seller as it stands, and the statements that read it. */
import { z } from 'zod'
import type { Queries, SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'

export const offboardingStates = ['REQUESTED', 'WITHDRAWN', 'SHREDDING', 'SHREDDED'] as const
/** In this order; each is reached by one transaction, together with what was done. */
const steps = [
  /** The days of grace run. */
  'WAITS',
  /** Nobody comes in any more, and nothing begins. */
  'CLOSED',
  /** Values that open are kept, to be tried later. */
  'SAMPLED',
  /** The keys are gone. */
  'DESTROYED',
  /** Blind indexes and credentials are emptied. */
  'CLEARED',
  /** No file is left. */
  'EMPTIED',
  /** It is known from when on no backup helps. */
  'BOUND',
  /** No process holds a key any more: it can be signed. */
  'PROVED',
] as const
export type Step = (typeof steps)[number]

const count = z.int().min(0)
const counts = z.record(z.string(), count)
/** What the steps leave behind for the certificate: ids, counts and digests. */
export const Facts = z.object({
  closed: counts.optional(),
  sample: z.object({
    values: count,
    /** By `table.column`. */
    places: counts,
    /** Over the sealed bytes, in their order. */
    sha256: z.string(),
    /** Values that were met and did not open even before. */
    unreadable: count,
  }).optional(),
  /** Rows of tables with sealed values. */
  rows: counts.optional(),
  keys: z.array(z.object({
    purpose: z.string(),
    version: z.int(),
    alias: z.string().nullable(),
    wrappedSha256: z.string().nullable(),
    wrappedAt: z.iso.datetime(),
    isRewrapped: z.boolean(),
  })).optional(),
  /** Those that were there when the keys were destroyed, or not long before. */
  processes: z.array(z.object({
    process: z.string(),
    parts: z.string(),
    seenAt: z.iso.datetime(),
  })).optional(),
  /** Values that were taken away, by `table.column`. */
  cleared: counts.optional(),
  objects: count.optional(),
  kms: z.object({
    mode: z.enum(['own-kms-key', 'shared-alias']),
    irrevocableAt: z.iso.datetime(),
    /** Of the seller's own KMS key; null: it has none. */
    keyDeletionAt: z.iso.datetime().nullable(),
  }).optional(),
  proved: z.object({
    waitedMs: z.number(),
    keyAgeMs: z.number().optional(),
    keysLeft: count,
    tried: count,
    opened: count,
  }).optional(),
})
export type Facts = z.infer<typeof Facts>

const Row = z.object({
  id: z.string(),
  sellerId: z.string(),
  state: z.enum(offboardingStates),
  step: z.enum(steps),
  reason: z.string(),
  requestedAt: z.date(),
  shredsAt: z.date(),
  noticeAt: z.date().nullable(),
  /** What the OWNERs were told of last. */
  announced: z.enum(['REQUESTED', 'WITHDRAWN', 'SHREDDED']).nullable(),
  exportId: z.string().nullable(),
  withdrawnAt: z.date().nullable(),
  closedAt: z.date().nullable(),
  destroyedAt: z.date().nullable(),
  shreddedAt: z.date().nullable(),
  facts: Facts,
  certificate: z.string().nullable(),
  signature: z.custom<Uint8Array>((value) => value instanceof Uint8Array).nullable(),
})
export type Offboarding = z.infer<typeof Row>

const columns = sql.fragment`id, seller_id as "sellerId", state, step, reason,
  announced, requested_at as "requestedAt", shreds_at as "shredsAt", notice_at as "noticeAt",
  export_id as "exportId", withdrawn_at as "withdrawnAt", closed_at as "closedAt",
  destroyed_at as "destroyedAt", shredded_at as "shreddedAt", facts, certificate, signature`

/**
 * The newest of the seller, or the one that is named; null: it never asked to leave. In the seller's scope
 * or in platform scope.
 */
export const readOffboarding = (
  queries: Pick<Queries, 'maybeOne'>,
  sellerId: string,
  id?: string,
): Promise<Offboarding | null> =>
  queries.maybeOne(sql.type(Row)`
    select ${columns} from seller_offboardings
    where seller_id = ${sellerId} and (${id ?? null}::uuid is null or id = ${id ?? null}::uuid)
    order by id desc limit 1`)

/**
 * Milliseconds since the seller was shut and since its keys were destroyed, by the clock of the database: that
 * of a process may run ahead. Once both have happened.
 */
export const readElapsed = (
  queries: Pick<Queries, 'one'>,
  { sellerId, id }: Pick<Offboarding, 'sellerId' | 'id'>,
): Promise<z.infer<typeof Elapsed>> =>
  queries.one(sql.type(Elapsed)`
    select round(extract(epoch from clock_timestamp() - closed_at) * 1000)::float8 as "shutMs",
      round(extract(epoch from clock_timestamp() - destroyed_at) * 1000)::float8 as "destroyedMs"
    from seller_offboardings where seller_id = ${sellerId} and id = ${id}`)
const Elapsed = z.object({ shutMs: z.number(), destroyedMs: z.number() })

/** Those of which something is left to be done or told, across sellers, the first to go first. */
export const readOpenOffboardings = (
  queries: Pick<Queries, 'any'>,
): Promise<readonly Offboarding[]> =>
  queries.any(sql.type(Row)`
    select ${columns} from seller_offboardings
    where state in ('REQUESTED', 'SHREDDING')
      or state = 'WITHDRAWN' and announced = 'REQUESTED'
      or state = 'SHREDDED' and announced is distinct from 'SHREDDED'
    order by shreds_at, id`)

/**
 * One step further, with what it found: in the transaction of what it did. Throws where it stands at
 * another step: somebody else has done it, and what this transaction did is undone.
 */
export const moveOn = async (
  scope: SellerScope,
  { id, step }: Pick<Offboarding, 'id' | 'step'>,
  to: Step,
  found: Facts,
): Promise<void> => {
  const moved = await scope.run(command`
    update seller_offboardings
    set step = ${to}, facts = facts || ${JSON.stringify(found)}::jsonb
    where seller_id = ${scope.sellerId} and id = ${id} and step = ${step}`)
  if (moved !== 1) throw new Error(`The shredding is not at the step "${step}" any more`)
}
