/** The proof of an entry: that a process of ours has made it, for one backend and for a minute. */
import { hash } from 'node:crypto'
import { Buffer } from 'node:buffer'
import type { OperationsTx } from './operations.ts'

/** A process's key for entries; the database holds it as well, in `scope_keys`. */
export interface ScopeKey {
  /** Eight bytes that tell one key from another, and nothing of either. */
  readonly id: Uint8Array
  /** HMAC-SHA256 by hand, because PostgreSQL without extensions has SHA-256 alone. */
  readonly innerBlock: Uint8Array
  readonly outerBlock: Uint8Array
}
export interface ProvenEntry {
  readonly kind: string
  readonly ref: string
  readonly sellerId: string
  readonly expires: Date
  /** The process id of the backend that the entry goes to. */
  readonly backend: number
}

/** `secret`: 32 random bytes, the same in every process that serves one database. */
export const scopeKeyOf = (secret: Uint8Array): ScopeKey => {
  if (secret.length !== 32) throw new RangeError('A key for scopes has 32 bytes')
  const block = (pad: number) => new Uint8Array(64).fill(pad).map((b, at) => b ^ (secret[at] ?? 0))
  return {
    id: hash('sha256', Buffer.concat([Buffer.from('robnu scope key\n'), secret]), 'buffer')
      .subarray(0, 8),
    innerBlock: block(0x36),
    outerBlock: block(0x5c),
  }
}

/** The HMAC-SHA256 of what `scope_entry` in the database puts together. */
export const proofOf = (key: ScopeKey, entry: ProvenEntry): Uint8Array => {
  const { kind, ref, sellerId, expires, backend } = entry
  // as PostgreSQL writes seconds: with microseconds
  const seconds = `${(expires.getTime() / 1000).toFixed(3)}000`
  const front = `entry/${backend}/${seconds}/${sellerId.toLowerCase()}`
  const message = `${front}/${kind.length}/${kind}/${ref}`
  const inner = hash('sha256', Buffer.concat([key.innerBlock, Buffer.from(message)]), 'buffer')
  return hash('sha256', Buffer.concat([key.outerBlock, inner]), 'buffer')
}

/** How long an entry may be used once it was made: longer than any flush takes. */
const entryLifeMs = 60_000
/** How long the same entry goes to the same backend with one proof: hashing it is not free. */
const reuseMs = 15_000
/** So many entries and backends are kept in mind. */
const maxKept = 2_000

/** The arguments of `app_enter` for one backend; `now` in milliseconds. */
export const createSigner = (key: ScopeKey, now: () => number) => {
  const kept = new Map<string, { readonly madeAt: number; readonly values: readonly unknown[] }>()
  return (
    { kind, ref, sellerId }: Pick<ProvenEntry, 'kind' | 'ref' | 'sellerId'>,
    backend: number,
  ): readonly unknown[] => {
    const at = now()
    const name = `${backend}/${sellerId}/${kind}/${ref}`
    const known = kept.get(name)
    if (known && at >= known.madeAt && at < known.madeAt + reuseMs) return known.values
    const expires = new Date(at + entryLifeMs)
    const proof = proofOf(key, { kind, ref, sellerId, expires, backend })
    if (kept.size >= maxKept) kept.clear()
    const values = [kind, ref, sellerId, expires, proof]
    kept.set(name, { madeAt: at, values })
    return values
  }
}

/**
 * Has the database know the key, as the newest. The one before stays good, so that processes change
 * over one by one; any older one is forgotten. May be repeated. As robnu_owner.
 */
export const takeScopeKey = async (sql: OperationsTx, key: ScopeKey): Promise<void> => {
  const id = Buffer.from(key.id)
  const [newest] = await sql<{ id: Uint8Array }[]>`
    select id from scope_keys order by taken_at desc limit 1`
  if (newest && Buffer.compare(newest.id, key.id) === 0) return
  await sql`
    insert into scope_keys (id, inner_block, outer_block)
    values (${id}, ${Buffer.from(key.innerBlock)}, ${Buffer.from(key.outerBlock)})
    on conflict (id) do update set taken_at = clock_timestamp()`
  await sql`
    delete from scope_keys where id not in (
      select id from scope_keys order by taken_at desc limit ${keptKeys})`
  // so few rows are never looked at by autovacuum: unasked, every entry would go by the index
  await sql`analyze scope_keys`
}
/** The one that processes sign with, and the one before. */
const keptKeys = 2
