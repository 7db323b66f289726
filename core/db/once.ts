/** The transaction of a request with an Idempotency-Key: it has its effect once, however often it comes. */
import { z } from 'zod'
import type { Database, Entry, MakingScope, Once, Tx } from './database.ts'
import type { BoundStatement } from './flight.ts'
import { bytes, command, sql } from './sql.ts'
import { fault } from '../errors.ts'

/** What the request with the key has made before. */
export interface Made {
  readonly status: number
  readonly resourceId: string
}

/** How long a repeated request finds its answer. */
const keptMs = 24 * 3_600_000

/** What travels in front of the effect: it raises when the key has its answer already. */
export const beginOnce = (once: Once | undefined): readonly BoundStatement[] =>
  once === undefined ? [] : [{
    sql: 'select idempotency_begin($1, $2, $3)',
    values: [once.route, once.key, once.fingerprint],
  }]

/**
 * Runs `work` and stores what it made, in the same transaction. Throws when it does not say what,
 * unless it says null: the request could never be answered again.
 */
export const making = async <T>(
  tx: Tx,
  { sellerId, once }: Entry,
  work: (scope: MakingScope) => Promise<T>,
): Promise<T> => {
  let made: string | undefined
  const value = await work({
    ...tx,
    sellerId,
    made: (resourceId) => {
      made = resourceId
    },
  })
  if (made === undefined && value !== null) {
    throw new Error('The transaction does not say what it made')
  }
  if (made === undefined || once === undefined) return value
  tx.atCommit(command`
    insert into idempotency_keys (seller_id, route, key, fingerprint, status, resource_id)
    values (${sellerId}, ${once.route}, ${once.key}, ${bytes(once.fingerprint)}, ${once.status},
      ${made})`)
  once.onMade()
  return value
}

/**
 * The answer of the entry's key; null when there is none yet. Throws `idempotency-key-reused` when
 * the key came with another request.
 */
export const findMade = async (
  db: Pick<Database, 'inSellerScope'>,
  entry: Entry,
): Promise<Made | null> => {
  const { sellerId, once } = entry
  if (once === undefined) return null
  const row = await db.inSellerScope(entry).maybeOne(sql.type(madeRow)`
    select status, resource_id, fingerprint = ${bytes(once.fingerprint)} as is_same
    from idempotency_keys
    where seller_id = ${sellerId} and route = ${once.route} and key = ${once.key}`)
  if (row === null) return null
  if (!row.is_same) throw fault('idempotency-key-reused')
  return { status: row.status, resourceId: row.resource_id }
}
const madeRow = z.object({ status: z.int(), resource_id: z.string(), is_same: z.boolean() })

/** Forgets the keys of more than a day ago; how many they were. */
export const forgetKeys = (
  db: Pick<Database, 'withPlatformScope'>,
  now: Date,
): Promise<number> =>
  db.withPlatformScope('idempotency-sweep', (tx) =>
    tx.run(command`
      delete from idempotency_keys
      where created_at < ${new Date(now.getTime() - keptMs).toISOString()}`))

const brand = Symbol.for('robnu.made-before')

/** What `idempotency_begin` raised, as an error that carries the answer. */
export const madeBeforeError = (cause: unknown): Error => {
  const { detail } = cause as { readonly detail?: string }
  const made: Made = told.parse(JSON.parse(detail ?? ''))
  return Object.assign(new Error('The request with this key is done', { cause }), { [brand]: made })
}
const told = z.object({ status: z.int(), resourceId: z.string() })

/** The answer that an error of a making transaction carries; undefined for any other error. */
export const madeBefore = (error: unknown): Made | undefined =>
  error instanceof Error && brand in error
    ? (error as { readonly [brand]?: Made })[brand]
    : undefined
