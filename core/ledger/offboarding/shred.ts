/** The job that shreds a seller: step by step, each in the transaction that says that it is done. */
import type { Attempt, SealedValue } from '../../crypto/attempt.ts'
import { countKeysLeft, destroyKeys, ownAliasOf } from '../../crypto/destroy-keys.ts'
import { type Keyring, longestKeyMsWith } from '../../crypto/keyring.ts'
import { areKeysLost } from '../../crypto/keys.ts'
import type { KeyService } from '../../crypto/kms.ts'
import { kmsTroubleOf } from '../../crypto/kms-call.ts'
import { tellKeyNews } from '../../crypto/key-news.ts'
import { recordAudit } from '../../audit/record.ts'
import { z } from 'zod'
import type { Database, Entry, SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { hasCode } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { holdSellerJob } from '../../queues/seller-jobs.ts'
import { readProcesses } from '../../queues/plugins.ts'
import { finishWork, type LeasedJob } from '../../queues/work.ts'
import type { Files } from '../../storage/files.ts'
import { abandonWalk } from '../keys/walk-rows.ts'
import { noteErasure } from '../retention/erasures.ts'
import { addressMs } from '../uploads/uploads.ts'
import { countFilled, emptyColumns } from './clear.ts'
import { irrevocable } from './irrevocable.ts'
import { moveOn, type Offboarding, readElapsed, readOffboarding } from './rows.ts'
import { readSample, takeSample } from './sample.ts'

export interface ShredDeps {
  readonly db: Database
  readonly keyring: Pick<Keyring, 'toOpen' | 'forget' | 'attempt'>
  readonly kms: Pick<KeyService, 'scheduleDeletion'>
  readonly files: Pick<Files, 'removeSome'>
  readonly config: {
    /** For so long a backup is kept. */
    readonly ROBNU_BACKUP_DAYS: number
    readonly AWS_S3_PER_SELLER_KMS: boolean
    readonly ROBNU_KMS_STALE_MINUTES: number
  }
  readonly log: Log
  readonly now: () => number
  readonly sliceMs: number
}
interface Signals {
  readonly signal: AbortSignal
  readonly draining: AbortSignal
}
/** What a step comes to: the next one may begin, or not before so many milliseconds; or all is done. */
type Outcome = 'on' | 'done' | { readonly inMs: number; readonly why?: string }
type Take = (
  deps: ShredDeps,
  entry: Entry,
  stands: Offboarding,
  signals: Signals,
) => Promise<Outcome>

/** The shortest that AWS offers: until then the KMS key could be called back. */
const kmsDays = 7
/** Somebody has found a key where none may be: it is told anew, and looked again. */
const alarmMs = 15 * 60_000
/** A KMS that does not answer is waited for: what is not opened before proves nothing afterwards. */
const kmsAwayMs = 5 * 60_000
/**
 * Keys that KMS answers for and that do not load are lost, or KMS is another one than it was: somebody has
 * a day to mend that, and then the seller leaves with nothing to try.
 */
const lostMs = 24 * 3_600_000

/**
 * Does a slice. Killed anywhere and begun again it comes to the same end: each step commits with its
 * name, and what it does outside of the database may be repeated.
 */
export const shred = async (deps: ShredDeps, work: LeasedJob, signals: Signals): Promise<void> => {
  const { db, log, now, sliceMs } = deps
  const { entry } = work
  const until = now() + sliceMs
  for (;;) {
    signals.signal.throwIfAborted()
    const stands = await readOffboarding(db.inSellerScope(entry), entry.sellerId)
    const outcome = stands === null ? 'done' : await takes(stands)(deps, entry, stands, signals)
    log.info('shred.step', { seller: entry.sellerId, from: stands?.step, outcome })
    if (outcome === 'on' && now() < until && !signals.draining.aborted) continue
    return await db.withSellerScope(entry, (scope) => finish(scope, work, outcome))
  }
}

const finish = async (scope: SellerScope, work: LeasedJob, outcome: Outcome): Promise<void> => {
  const { itemId, lease, queue } = work
  await holdSellerJob(scope, 'shred')
  if (outcome === 'done') return await finishWork(scope, { itemId, lease, state: 'DONE' })
  const waits = outcome === 'on' ? { inMs: 0 } : outcome
  await finishWork(scope, {
    ...{ itemId, lease, queue, state: 'WAITING', delayMs: waits.inMs, progress: true },
    ...waits.why === undefined ? {} : { error: waits.why },
  })
}

const takes = ({ state, step }: Offboarding): Take =>
  state === 'WITHDRAWN' || state === 'SHREDDED' ? done : byStep[step]

const close: Take = async ({ db, now }, entry, { id, sellerId }) =>
  await db.withSellerScope(entry, async (scope) => {
    const { closed } = await scope.one(sql.type(Closed)`
      select close_seller(${id}, ${new Date(now()).toISOString()}) as closed`)
    // withdrawn, or not due: whoever asked was early, and comes again
    if (closed === null) return 'done'
    await abandonWalk(scope, 'The seller has left')
    recordAudit(scope, sellerId, 'seller.closed', `seller:${sellerId}`, {
      offboarding: id,
      ...closed,
    })
    return 'on'
  })
const Closed = z.object({
  closed: z.object({
    ...{ sessions: z.int(), people: z.int(), apiKeys: z.int(), invitations: z.int() },
    ...{ impersonations: z.int(), schedules: z.int(), work: z.int() },
  }).nullable(),
})

const sample: Take = async ({ db, keyring, log, now }, entry, stands) => {
  const keys = await keyring.toOpen(entry).catch((error) => {
    const trouble = kmsTroubleOf(error)
    if (trouble === 'pending-deletion' || trouble === 'no-key') {
      // nobody opens anything any more: the seller leaves all the same, with nothing to try
      log.warn('shred.no-sample', { seller: entry.sellerId, trouble })
      return null
    }
    if (hasCode(error, 'keys-unavailable')) return undefined
    if (areKeysLost(error)) {
      const isLong = now() - (stands.closedAt?.getTime() ?? now()) >= lostMs
      log.error('shred.keys-lost', { seller: entry.sellerId, error, goesOn: isLong })
      return isLong ? null : undefined
    }
    throw error
  })
  if (keys === undefined) return { inMs: kmsAwayMs, why: 'KMS does not open the keys now' }
  await db.withSellerScope(entry, async (scope) => {
    const found = await takeSample(scope, keys, stands.id)
    const cleared = await countFilled(scope)
    await moveOn(scope, stands, 'SAMPLED', { ...found, cleared })
  })
  return 'on'
}

const destroy: Take = async ({ db, keyring, config }, entry, stands) => {
  const { id, sellerId } = stands
  // who may hold keys is asked to try; who then says nothing is named
  const withinMs = keyAgeMs(config)
  const processes = (await db.withPlatformScope('shred', (tx) => readProcesses(tx, { withinMs })))
    .map((one) => ({ ...one, seenAt: one.seenAt.toISOString() }))
  await db.withSellerScope(entry, async (scope) => {
    const keys = (await destroyKeys(scope))
      .map((key) => ({ ...key, wrappedAt: key.wrappedAt.toISOString() }))
    await moveOn(scope, stands, 'DESTROYED', { keys, processes })
    const counts = { orders: stands.facts.rows?.['orders'] ?? 0 }
    await noteErasure(scope, { accountId: null, reason: 'offboarding', counts })
    const told = { offboarding: id, keys: keys.filter(({ wrappedSha256 }) => wrappedSha256).length }
    recordAudit(scope, sellerId, 'keys.destroyed', `seller:${sellerId}`, told)
  })
  keyring.forget(sellerId)
  return 'on'
}

const clear: Take = async ({ db, now, sliceMs }, entry, stands, { signal, draining }) => {
  const until = now() + sliceMs
  const isOver = () => now() >= until || signal.aborted || draining.aborted
  if (!await emptyColumns(db, entry, isOver)) return { inMs: 0 }
  await db.withSellerScope(entry, (scope) => moveOn(scope, stands, 'CLEARED', {}))
  return 'on'
}

const emptyBucket: Take = async (deps, entry, stands, signals) => {
  if (!await removeAll(deps, entry, signals)) return { inMs: 0 }
  await deps.db.withSellerScope(entry, async (scope) => {
    // others name the rows, which keep the digests
    const objects = await scope.run(command`
      update storage_objects set state = 'GONE', kept_at = null
      where seller_id = ${scope.sellerId} and state <> 'GONE'`)
    await moveOn(scope, stands, 'EMPTIED', { objects })
  })
  return 'on'
}

/** False: time is over, and there may be more. */
const removeAll = async (
  { files, now, sliceMs }: ShredDeps,
  { sellerId }: Entry,
  { signal }: Signals,
): Promise<boolean> => {
  const until = now() + sliceMs
  for (;;) {
    signal.throwIfAborted()
    if (await files.removeSome(sellerId) === 0) return true
    if (now() >= until) return false
  }
}

const bind: Take = async ({ db, kms, config }, entry, stands) => {
  const own = ownAliasOf(entry.sellerId)
  const isOwned = config.AWS_S3_PER_SELLER_KMS ||
    stands.facts.keys?.some(({ alias }) => alias === own)
  const keyDeletionAt = isOwned ? await kms.scheduleDeletion(own, kmsDays) : null
  const bound = irrevocable(stands, { keyDeletionAt, backupDays: config.ROBNU_BACKUP_DAYS })
  await db.withSellerScope(entry, (scope) => moveOn(scope, stands, 'BOUND', { kms: bound }))
  return 'on'
}

/** So long after the destruction no process has a key any more, told or not, with KMS or without. */
const keyAgeMs = ({ ROBNU_KMS_STALE_MINUTES }: ShredDeps['config']): number =>
  longestKeyMsWith(ROBNU_KMS_STALE_MINUTES * 60_000)

/**
 * Waits until no key can be left in any process, whoever has said so: those that were never met cannot say
 * anything. By then no address of an upload works any more either: what came since is removed as well.
 */
const prove: Take = async (deps, entry, stands, signals) => {
  const { db, keyring, log, config } = deps
  const queries = db.inSellerScope(entry)
  const ageMs = keyAgeMs(config)
  const { shutMs, destroyedMs: waitedMs } = await readElapsed(queries, stands)
  const leftMs = Math.max(ageMs - waitedMs, addressMs - shutMs)
  if (leftMs > 0) return { inMs: Math.max(1_000, leftMs) }
  if (!await removeAll(deps, entry, signals)) return { inMs: 0 }
  const [values, keysLeft] = [
    await readSample(queries, stands),
    await countKeysLeft(queries, entry.sellerId),
  ]
  const { tried, opened } = await tryAll(keyring, entry, values)
  if (opened > 0 || keysLeft > 0) {
    log.error('shred.value-opened', { seller: entry.sellerId, tried, opened, keysLeft })
    await db.withSellerScope(
      entry,
      (scope) => tellKeyNews(scope, { sellerId: entry.sellerId, kind: 'destroyed' }),
    )
    return { inMs: alarmMs, why: `${opened} of ${tried} values opened, ${keysLeft} keys are left` }
  }
  const proved = { waitedMs, keyAgeMs: ageMs, keysLeft, tried, opened }
  await db.withSellerScope(entry, (scope) => moveOn(scope, stands, 'PROVED', { proved }))
  return 'done'
}

const tryAll = async (
  keyring: ShredDeps['keyring'],
  entry: Entry,
  values: readonly SealedValue[],
): Promise<Attempt> => {
  const held = keyring.attempt(entry.sellerId, values)
  // as it must be: there are none to load
  const keys = await keyring.toOpen(entry).catch(() => null)
  // also where nothing was kept to be tried
  return keys === null ? held : { ...held, opened: Math.max(1, values.length) }
}

const done: Take = () => Promise.resolve('done')
const byStep: Readonly<Record<Offboarding['step'], Take>> = {
  WAITS: close,
  CLOSED: sample,
  SAMPLED: destroy,
  DESTROYED: clear,
  CLEARED: emptyBucket,
  EMPTIED: bind,
  BOUND: prove,
  // the sweep signs it, where the key to sign with is
  PROVED: done,
}
