/** The statements on `key_walks`: each walk is a row that says where it is and what it has met. */
import { z } from 'zod'
import type { Queries, SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'

const walkKinds = ['ROTATE', 'VERIFY', 'PRUNE'] as const
export type WalkKind = typeof walkKinds[number]

const Fault = z.object({ table: z.string(), column: z.string(), id: z.string() })
/** A value that does not open: where it lies. */
type WalkFault = z.infer<typeof Fault>

const WalkRow = z.object({
  id: z.string(),
  kind: z.enum(walkKinds),
  state: z.enum(['ASKED', 'WALKING', 'RESTING', 'DONE', 'FAILED']),
  reason: z.string(),
  asked_by: z.string(),
  one_in: z.int(),
  from_version: z.int().nullable(),
  to_version: z.int().nullable(),
  pass: z.int(),
  place: z.string().nullable(),
  position: z.string().nullable(),
  found: z.int(),
  missed: z.int(),
  unreadable: z.int(),
  opened: z.int(),
  resealed: z.int(),
  faults: z.array(Fault),
  failure: z.string().nullable(),
  rest_ms: z.number(),
  created_at: z.date(),
  started_at: z.date().nullable(),
  ended_at: z.date().nullable(),
})
export type Walk = z.infer<typeof WalkRow>

const columns = sql.fragment`id, kind, state, reason, asked_by, one_in, from_version, to_version,
  pass, place, position, found::float8, missed::float8, unreadable::float8, opened::float8,
  resealed::float8, faults, failure, created_at, started_at, ended_at,
  greatest(0, coalesce(extract(epoch from not_before - clock_timestamp()), 0) * 1000)::float8 as rest_ms`

const isOpen = sql.fragment`state in ('ASKED', 'WALKING', 'RESTING')`

/** The walk that is open and was asked for first. */
export const readOpenWalk = (queries: Queries, sellerId: string): Promise<Walk | null> =>
  queries.maybeOne(sql.type(WalkRow)`
    select ${columns} from key_walks
    where seller_id = ${sellerId} and ${isOpen} order by id limit 1`)

export const readWalk = (queries: Queries, sellerId: string, id: string): Promise<Walk | null> =>
  queries.maybeOne(sql.type(WalkRow)`
    select ${columns} from key_walks where seller_id = ${sellerId} and id = ${id}`)

/** Newest first. */
export const listWalks = (
  queries: Queries,
  sellerId: string,
  { kind, limit }: { readonly kind?: WalkKind; readonly limit: number },
): Promise<readonly Walk[]> =>
  queries.any(sql.type(WalkRow)`
    select ${columns} from key_walks
    where seller_id = ${sellerId} and (${kind ?? null}::text is null or kind = ${kind ?? null})
    order by id desc limit ${limit}`)

/** Of all sellers, newest first; in platform scope. */
export const listAllWalks = (
  queries: Queries,
  { open, limit }: { readonly open: boolean; readonly limit: number },
): Promise<readonly (Walk & { readonly seller_id: string })[]> =>
  queries.any(sql.type(WalkRow.extend({ seller_id: z.string() }))`
    select seller_id, ${columns} from key_walks
    where not ${open} or ${isOpen} order by id desc limit ${limit}`)

/** Joins the open walk of the kind, where there is one: `created` is false. */
export const insertWalk = async (
  queries: Queries,
  walk: {
    readonly sellerId: string
    readonly id: string
    readonly kind: WalkKind
    readonly reason: string
    readonly oneIn?: number
    readonly below?: number
  },
): Promise<{ readonly id: string; readonly created: boolean }> => {
  const { sellerId, id, kind, reason, oneIn = 1, below } = walk
  const created = await queries.run(command`
    insert into key_walks (seller_id, id, kind, reason, one_in, to_version)
    values (${sellerId}, ${id}, ${kind}, ${reason}, ${oneIn}, ${below ?? null})
    on conflict (seller_id, kind) where ${isOpen} do nothing`)
  if (created === 1) return { id, created: true }
  // it may have come to its end in this moment: then the caller asks again
  return await queries.one(sql.type(z.object({ id: z.string(), created: z.boolean() }))`
    select id, false as created from key_walks
    where seller_id = ${sellerId} and kind = ${kind} and ${isOpen}`)
}

/** The first step of a walk. `versions` of a rotation alone. */
export const beginWalk = async (
  scope: SellerScope,
  walk: Walk,
  versions?: { readonly from: number; readonly to: number },
): Promise<void> => {
  const turned = versions === undefined ? sql.fragment`` : sql.fragment`,
    from_version = ${versions.from}, to_version = ${versions.to}, turned_at = clock_timestamp()`
  await changed(
    scope,
    walk,
    sql.fragment`
    state = 'WALKING', pass = 1, started_at = clock_timestamp()${turned}`,
  )
}

export interface BatchCounts {
  readonly found: number
  readonly missed: number
  readonly opened: number
  readonly resealed: number
  readonly faults: readonly WalkFault[]
}
/** So many faults are kept by name. */
const keptFaults = 20

/** Says what a batch did, and where the next one begins. */
export const moveWalk = async (
  scope: SellerScope,
  walk: Walk,
  to: { readonly place: string; readonly position: string | null },
  { found, missed, opened, resealed, faults }: BatchCounts,
): Promise<void> => {
  const kept = [...walk.faults, ...faults].slice(0, keptFaults)
  await changed(
    scope,
    walk,
    sql.fragment`
    place = ${to.place}, position = ${to.position}::uuid, found = found + ${found},
    missed = missed + ${missed}, unreadable = unreadable + ${faults.length},
    opened = opened + ${opened}, resealed = resealed + ${resealed},
    faults = ${JSON.stringify(kept)}::jsonb`,
  )
}

/** Every pass counts anew, from the first place on. */
const anew = sql.fragment`pass = pass + 1, place = null, position = null, found = 0, missed = 0,
  unreadable = 0, faults = '[]'`

/** The next pass begins once what may still be sealed under the old version has been. */
export const restWalk = async (
  scope: SellerScope,
  walk: Walk,
  rest: { readonly settleMs: number; readonly atLeastMs: number },
): Promise<void> => {
  await changed(
    scope,
    walk,
    sql.fragment`
    state = 'RESTING', not_before = greatest(turned_at + ${rest.settleMs} * interval '1 millisecond',
      clock_timestamp() + ${rest.atLeastMs} * interval '1 millisecond')`,
  )
}

export const nextPass = async (scope: SellerScope, walk: Walk): Promise<void> => {
  await changed(scope, walk, sql.fragment`state = 'WALKING', not_before = null, ${anew}`)
}

/** A failure is said in words without anybody's data. */
export const endWalk = async (
  scope: SellerScope,
  walk: Walk,
  failure: string | null,
): Promise<void> => {
  await changed(
    scope,
    walk,
    sql.fragment`
    state = ${failure === null ? 'DONE' : 'FAILED'}, failure = ${failure}, not_before = null,
    ended_at = clock_timestamp()`,
  )
}

/** Ends whatever is open of the seller. */
export const abandonWalk = async (scope: SellerScope, failure: string): Promise<void> => {
  await scope.run(command`
    update key_walks
    set state = 'FAILED', failure = ${failure}, not_before = null, ended_at = clock_timestamp()
    where seller_id = ${scope.sellerId} and ${isOpen}`)
}

/**
 * Only from where it was read: a lease that ended in the middle of a transaction lets another worker walk
 * on. What this one has done in it is undone then.
 */
const changed = async (
  scope: SellerScope,
  { id, state, pass, place, position }: Walk,
  change: ReturnType<typeof sql.fragment>,
): Promise<void> => {
  const rows = await scope.run(command`
    update key_walks set ${change}
    where seller_id = ${scope.sellerId} and id = ${id} and state = ${state} and pass = ${pass}
      and place is not distinct from ${place} and position is not distinct from ${position}::uuid`)
  if (rows !== 1) throw fault('lease-lost')
}

/** The newest version under which a rotation had put everything so many days ago. */
export const lastTurnBefore = async (
  queries: Queries,
  sellerId: string,
  days: number,
): Promise<number | null> => {
  const row = await queries.one(sql.type(z.object({ version: z.int().nullable() }))`
    select max(to_version) as version from key_walks
    where seller_id = ${sellerId} and kind = 'ROTATE' and state = 'DONE'
      and ended_at <= clock_timestamp() - make_interval(days => ${days})`)
  return row.version
}
