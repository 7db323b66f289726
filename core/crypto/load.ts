/** Gets a seller's keys out of the database and KMS, and makes them where there are none. */
import type { Database, Entry } from '../db/database.ts'
import { fault } from '../errors.ts'
import { insertKeyRows, type KeyRow, listKeyRows, replaceSealRow } from './key-rows.ts'
import { contextOf, unwrapUnder } from './key-wrap.ts'
import { destroyedKeys, type KeySet, type Purpose, purposes } from './keys.ts'
import type { KeyWrapping } from './kms.ts'
import { newKeyUnder, openRoots, type Roots } from './roots.ts'

export interface KeySource {
  readonly db: Database
  readonly kms: KeyWrapping
  /** The KMS alias that wraps the root of a seller: its own, or one for all. */
  readonly aliasOf: (sellerId: string) => string
  /** Makes the alias, with a KMS key behind it, when a seller's first keys are made. */
  readonly createMissingAlias: boolean
}

const ofKeySets: readonly string[] = purposes
const maxRounds = 3 // whoever made keys at the same time has made them after the first

/**
 * Asks KMS once, for the root, whether keys are there or are made; once more for each key of the time
 * when KMS wrapped them all. Makes version 1 of what is missing. Two processes that meet agree on the
 * keys of the first.
 */
export const loadKeys = async (
  source: KeySource,
  entry: Entry,
  asked: ReadonlySet<number>,
): Promise<KeySet> => {
  const { sellerId } = entry
  const roots = openRoots(source, sellerId)
  // every key in clear that was not given out, to be zeroed whatever happens
  const spare = new Set<Uint8Array>()
  try {
    const rows = await completeRows(source, entry, roots)
    const usable = rows.filter(({ state, purpose }) =>
      state !== 'DESTROYED' && ofKeySets.includes(purpose)
    )
    const keys = new Map<KeyRow, Uint8Array>()
    await allOf(usable.map(async (row) => {
      const plain = await unwrap(source.kms, sellerId, row, rows, roots)
      keys.set(row, plain)
      spare.add(plain)
    }))
    const set = setOf(sellerId, keys, asked)
    for (const key of [...set.seals.values(), set.index, set.hash]) spare.delete(key)
    return set
  } finally {
    roots.close()
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
    throw destroyedKeys(sellerId)
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

/** Whether these rows are those that the keys were loaded from: none destroyed, none to be used instead. */
export const isStillOf = (set: KeySet, rows: readonly KeyRow[]): boolean => {
  const alive = (purpose: string, version: number) =>
    rows.some((row) =>
      row.purpose === purpose && row.version === version && row.state !== 'DESTROYED'
    )
  const isCurrent = rows.some(({ purpose, version, state }) =>
    purpose === 'seal' && version === set.current && state === 'CURRENT'
  )
  const roots = rows.filter(({ purpose }) => purpose === 'root')
  return isCurrent && alive('index', 1) && alive('hash', 1) &&
    [...set.seals.keys()].every((version) => alive('seal', version)) &&
    (roots.length === 0 || roots.some(({ state }) => state === 'CURRENT'))
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
  const roots = openRoots(source, entry.sellerId)
  try {
    const root = await roots.current(rows)
    const next = newKeyUnder(root, entry.sellerId, { purpose: 'seal', version: current + 1 })
    await replaceSealRow(source.db, entry, root.made, next)
  } finally {
    roots.close()
  }
}

/** The rows of a seller, with what was missing. */
const completeRows = async (
  { db }: KeySource,
  entry: Entry,
  roots: Roots,
): Promise<readonly KeyRow[]> => {
  for (let round = 0; round < maxRounds; round++) {
    const rows = await listKeyRows(db, entry)
    const missing = purposes.filter((purpose) => !rows.some((row) => row.purpose === purpose))
    if (missing.length === 0) return rows
    const root = await roots.current(rows)
    const keys = missing.map((purpose) =>
      newKeyUnder(root, entry.sellerId, { purpose, version: 1 })
    )
    await insertKeyRows(db, entry, root.made, keys)
  }
  throw fault('keys-unavailable', { retryAfterSeconds: 1 })
}

const unwrap = async (
  kms: KeyWrapping,
  sellerId: string,
  row: KeyRow,
  rows: readonly KeyRow[],
  roots: Roots,
): Promise<Uint8Array> =>
  row.root === null
    ? await kms.unwrap(row.wrapped, contextOf(sellerId, row))
    : unwrapUnder(await roots.open(rows, row.root), sellerId, row, row.wrapped)

/** Waits for all even when one fails, so that no key arrives after the zeroing. */
const allOf = async (work: readonly Promise<void>[]): Promise<void> => {
  const failed = (await Promise.allSettled(work)).find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
}
