/** Gets a seller's keys out of the database and KMS, and makes them where there are none. */
import type { Database, Entry } from '../db/database.ts'
import { sameBytes } from './digest.ts'
import { insertKeyRows, type KeyRow, listKeyRows, type NewKey, replaceSealRow } from './key-rows.ts'
import { type KeySet, type Purpose, purposes } from './keys.ts'
import type { KeyService } from './kms.ts'

export interface KeySource {
  readonly db: Database
  readonly kms: KeyService
  /** The KMS alias that wraps the keys of a seller: its own, or one for all. */
  readonly aliasOf: (sellerId: string) => string
  /** Makes the alias, with a KMS key behind it, when a seller's first keys are made. */
  readonly createMissingAlias: boolean
}

interface MadeKey extends NewKey {
  readonly plain: Uint8Array
}

/** Makes version 1 of what is missing. Two processes that meet agree on the keys of the first. */
export const loadKeys = async (
  source: KeySource,
  entry: Entry,
  asked: ReadonlySet<number>,
): Promise<KeySet> => {
  const { db } = source
  // every key in clear that was not given out, to be zeroed whatever happens
  const spare = new Set<Uint8Array>()
  try {
    let rows = await listKeyRows(db, entry)
    const missing = purposes.filter((purpose) => !rows.some((row) => row.purpose === purpose))
    const made = await makeKeys(source, entry, missing.map((purpose) => ({ purpose, version: 1 })))
    for (const { plain } of made) spare.add(plain)
    if (made.length > 0) {
      await insertKeyRows(db, entry, made)
      rows = await listKeyRows(db, entry)
    }
    const usable = rows.filter((row) => row.state !== 'DESTROYED')
    const keys = new Map<KeyRow, Uint8Array>()
    await allOf(usable.map(async (row) => {
      const plain = await unwrap(source, entry, row, made)
      keys.set(row, plain)
      spare.add(plain)
    }))

    const set = setOf(entry.sellerId, keys, asked)
    for (const key of [...set.seals.values(), set.index, set.hash]) spare.delete(key)
    return set
  } finally {
    for (const key of spare) key.fill(0)
  }
}

const setOf = (
  sellerId: string,
  keys: ReadonlyMap<KeyRow, Uint8Array>,
  asked: ReadonlySet<number>,
): KeySet => {
  const newest = (purpose: Purpose) => {
    const [found] = [...keys]
      .filter(([row]) => row.purpose === purpose && row.state === 'CURRENT')
      .toSorted(([a], [b]) => b.version - a.version)
    if (found) return { version: found[0].version, key: found[1] }
    throw new Error(`Cannot load the keys of seller "${sellerId}": they were destroyed`)
  }
  const ofSeal = [...keys].filter(([row]) => row.purpose === 'seal')
  const seals = new Map(ofSeal.map(([row, key]) => [row.version, key]))
  return {
    sellerId,
    seals,
    current: newest('seal').version,
    index: newest('index').key,
    hash: newest('hash').key,
    columns: new Map(),
    alive: true,
    left: 0,
    asked: new Set(),
    unknown: new Set([...asked].filter((version) => !seals.has(version))),
  }
}

/** Makes the next seal key once `current` is spent, unless it has been replaced already. */
export const renewSealKey = async (
  source: KeySource,
  entry: Entry,
  current: number,
): Promise<void> => {
  const rows = await listKeyRows(source.db, entry)
  const spent = rows.find((row) => row.purpose === 'seal' && row.version === current)
  if (spent?.state !== 'CURRENT') return
  const [next] = await makeKeys(source, entry, [{ purpose: 'seal', version: current + 1 }])
  if (next === undefined) return
  next.plain.fill(0)
  await replaceSealRow(source.db, entry, next)
}

const makeKeys = async (
  { kms, aliasOf, createMissingAlias }: KeySource,
  { sellerId }: Entry,
  wanted: readonly { readonly purpose: Purpose; readonly version: number }[],
): Promise<readonly MadeKey[]> => {
  if (wanted.length === 0) return []
  const alias = aliasOf(sellerId)
  if (createMissingAlias) await kms.ensureAlias(alias)
  const made: MadeKey[] = []
  try {
    await allOf(wanted.map(async (key) => {
      made.push({ ...key, alias, ...await kms.generate(alias, contextOf(sellerId, key)) })
    }))
    return made
  } catch (error) {
    for (const { plain } of made) plain.fill(0)
    throw error
  }
}

const unwrap = async (
  { kms }: KeySource,
  { sellerId }: Entry,
  row: KeyRow,
  made: readonly MadeKey[],
): Promise<Uint8Array> => {
  const own = made.find((key) => key.purpose === row.purpose && sameBytes(key.wrapped, row.wrapped))
  return own?.plain ?? await kms.unwrap(row.wrapped, contextOf(sellerId, row))
}

/** KMS refuses to unwrap under another context, so a row that was moved is worth nothing. */
const contextOf = (
  sellerId: string,
  { purpose, version }: { readonly purpose: Purpose; readonly version: number },
): Record<string, string> => ({ seller: sellerId, purpose, version: String(version) })

/** Waits for all even when one fails, so that no key arrives after the zeroing. */
const allOf = async (work: readonly Promise<void>[]): Promise<void> => {
  const failed = (await Promise.allSettled(work)).find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
}
