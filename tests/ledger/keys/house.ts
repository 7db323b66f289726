/** Two sellers with orders, a satellite of a plugin that is gone and a refused row; the job by hand. */
import { createHash } from 'node:crypto'
import { openFields } from '../../../core/crypto/opening.ts'
import { createKeyring, type Keyring } from '../../../core/crypto/keyring.ts'
import type { SellerKeys } from '../../../core/crypto/keys.ts'
import type { KeyWrapping } from '../../../core/crypto/kms.ts'
import type { Database } from '../../../core/db/database.ts'
import { bytes, command } from '../../../core/db/sql.ts'
import { newId } from '../../../core/ids.ts'
import { createKeyWalks, type KeyWalks } from '../../../core/ledger/keys/walks.ts'
import { rotateKeys, type WalkDeps } from '../../../core/ledger/keys/run-walk.ts'
import { prepareOrders } from '../../../core/ledger/order-rows.ts'
import { readSealedPlaces } from '../../../core/ledger/sealed-places.ts'
import { sealsPerOrder, storeOrders } from '../../../core/ledger/store-orders.ts'
import { silentLog } from '../../../core/log.ts'
import { claimWork, type LeasedJob } from '../../../core/queues/work.ts'
import { fakeKms } from '../../crypto/fakes.ts'
import { leaseWork } from '../../isolation/attempts.ts'
import { order } from '../../isolation/ledger.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../../support/database.ts'
import type { LedgerExtra } from '../../support/opens.ts'

export interface KeyHouse {
  readonly fresh: FreshDatabase
  readonly one: TestSeller
  readonly two: TestSeller
  readonly walks: KeyWalks
  /** That of one more process. */
  readonly openKeyring: () => Keyring
  readonly deps: WalkDeps
  readonly close: () => Promise<void>
}

const never = new AbortController().signal
export const signals = { signal: never, draining: never }

export interface HouseOptions {
  /** Of every process of the house; in the memory of this one unless something else is said. */
  readonly kms?: KeyWrapping
  /** Why its decrypt ledger says more than this process has opened. */
  readonly ledgerHasMore?: LedgerExtra
}

export const openKeyHouse = async (
  orders: number,
  { kms = fakeKms(), ledgerHasMore }: HouseOptions = {},
): Promise<KeyHouse> => {
  const fresh = await freshDatabase({
    maxConnections: 8,
    ...ledgerHasMore === undefined ? {} : { ledgerHasMore },
  })
  const keyrings: Keyring[] = []
  const openKeyring = (): Keyring => {
    const keyring = createKeyring({
      ...{ db: fresh.db, kms, aliasOf: () => 'alias/test' },
      ...{ createMissingAlias: false, log: silentLog, now: () => performance.now() },
    })
    keyrings.push(keyring)
    return keyring
  }
  // as the satellite of a plugin that nobody enables any more
  await fresh.asSuperuser((admin) =>
    admin.unsafe(`
      set role robnu_owner;
      create table gone_account_details (
        seller_id uuid not null,
        marketplace_account_id uuid not null,
        shop text not null,
        token_enc bytea,
        secret_enc bytea,
        primary key (seller_id, marketplace_account_id)
      );
      select app_protect('gone_account_details');`)
  )
  const [one, two] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
  const keyring = openKeyring()
  await Promise.all([one, two].map((seller) => fill(fresh, keyring, seller, orders)))
  const { db } = fresh
  return {
    ...{ fresh, one, two, openKeyring },
    walks: createKeyWalks({ db, wake: () => {} }),
    deps: { db, keyring, log: silentLog, now: () => performance.now() },
    close: async () => {
      for (const one of keyrings) one.close()
      await fresh.close()
    },
  }
}

const fill = async (
  fresh: FreshDatabase,
  keyring: Keyring,
  seller: TestSeller,
  count: number,
): Promise<void> => {
  const accountId = await makeAccount(fresh, seller)
  const { runId, entry } = await leaseWork(fresh, seller, accountId)
  const keys = await keyring.forSeller(entry, { willSeal: count * sealsPerOrder + 3 })
  const rows = Array.from({ length: count }, (_, i) => order(`S-${i}`, i))
  const prepared = prepareOrders(keys, accountId, rows)
  const rawId = newId()
  await fresh.db.withSellerScope(entry, async (scope) => {
    const place = { accountId, target: 'ORDERS', runId } as const
    await storeOrders(scope, keys, place, prepared.orders)
    await scope.run(command`
      insert into quarantined_rows (seller_id, id, marketplace_account_id, target, reason, raw_enc,
        job_run_id)
      values (${scope.sellerId}, ${rawId}, ${accountId}, 'ORDERS', 'odd',
        ${bytes(keys.seal('quarantined_rows', 'raw_enc', rawId, '{"odd":1}'))}, ${runId})`)
    const token = keys.seal('gone_account_details', 'token_enc', accountId, 'a token')
    await scope.run(command`
      insert into gone_account_details (seller_id, marketplace_account_id, shop, token_enc)
      values (${scope.sellerId}, ${accountId}, 'S', ${bytes(token)})`)
  })
}

/** Takes the item of the job, whether or not it is due; null: there is none. */
export const leaseWalk = async (
  { fresh }: KeyHouse,
  { sellerId }: TestSeller,
): Promise<LeasedJob | null> => {
  const [item] = await fresh.asSuperuser((admin) =>
    admin<{ id: string }[]>`
      update work_items set not_before = now(), lease_until = now()
      where seller_id = ${sellerId} and lane = 'job:rotate-keys' and state in ('WAITING', 'RUNNING')
      returning id`
  )
  if (item === undefined) return null
  const work = await claimWork(fresh.db, { sellerId, itemId: item.id, leaseMs: 60_000 })
  if (!work?.claimed || work.target !== 'JOB') throw new Error('The job cannot be claimed')
  return work
}

/** As if the walk had rested long enough. */
export const endRest = ({ fresh }: KeyHouse, { sellerId }: TestSeller): Promise<unknown> =>
  fresh.asSuperuser((admin) =>
    admin`update key_walks set not_before = now() where seller_id = ${sellerId}`
  )

/** Slices, each with the rest before it over, until the job has ended; how many they were. */
export const runWalks = async (
  house: KeyHouse,
  seller: TestSeller,
  deps: WalkDeps = house.deps,
): Promise<number> => {
  for (let slice = 0; slice < 100; slice++) {
    const work = await leaseWalk(house, seller)
    if (work === null) return slice
    await rotateKeys(deps, work, signals)
    await endRest(house, seller)
  }
  throw new Error('The job does not end')
}

/** How many values of the seller lie under each version of its key. */
export const versionsOf = async (
  { fresh }: KeyHouse,
  { sellerId }: TestSeller,
): Promise<Readonly<Record<string, number>>> =>
  await fresh.asSuperuser(async (admin) => {
    const counts: Record<string, number> = {}
    const places = await fresh.db.withPlatformScope('test', readSealedPlaces)
    for (const { table, columns } of places) {
      for (const column of columns) {
        const rows = await admin<{ version: number; values: number }[]>`
          select get_byte(${admin(column)}, 4) as version, count(*)::int as values
          from ${admin(table)} where seller_id = ${sellerId} and ${admin(column)} is not null
          group by 1`
        for (const { version, values } of rows) counts[version] = (counts[version] ?? 0) + values
      }
    }
    return counts
  })

/** Every sealed byte of the seller, and its keys, as one digest. */
export const bytesOf = async (
  { fresh }: KeyHouse,
  { sellerId }: TestSeller,
): Promise<string> =>
  await fresh.asSuperuser(async (admin) => {
    const hash = createHash('sha256')
    const places = await fresh.db.withPlatformScope('test', readSealedPlaces)
    for (const { table, idColumn } of [...places, { table: 'seller_keys', idColumn: 'purpose' }]) {
      const rows = await admin<{ row: string }[]>`
        select t::text as row from ${admin(table)} t where seller_id = ${sellerId}
        order by ${admin(idColumn)}, t::text`
      for (const { row } of rows) hash.update(row)
    }
    return hash.digest('hex')
  })

/** Every value in clear, by table, id and column. */
export const openAll = async (
  { fresh }: KeyHouse,
  { entry, sellerId }: TestSeller,
  keys: SellerKeys,
): Promise<ReadonlyMap<string, string>> =>
  await fresh.db.withSellerScope(entry, async (scope) => {
    const all = new Map<string, string>()
    for (const { table, idColumn, columns } of await readSealedPlaces(scope)) {
      const found = await fresh.asSuperuser((admin) =>
        admin<Record<string, Uint8Array | string | null>[]>`
          select ${admin([idColumn, ...columns])} from ${admin(table)}
          where seller_id = ${sellerId}`
      )
      const rows = found.map((row) => ({
        id: String(row[idColumn]),
        fields: Object.fromEntries(columns.map((column) => [column, asBytes(row[column])])),
      }))
      const opened = await openFields(scope, keys, { table, purpose: 'keys.verify', rows })
      opened.forEach((fields, i) => {
        for (const [column, text] of Object.entries(fields)) {
          if (text !== null) all.set(`${table} ${rows[i]?.id} ${column}`, text)
        }
      })
    }
    return all
  })
const asBytes = (value: Uint8Array | string | null | undefined): Uint8Array | null =>
  value instanceof Uint8Array ? value : null

/** Dies at the `at`-th transaction: before it, in it, or behind its commit, when nobody has heard. */
export const dyingAt = (
  db: Database,
  at: number,
  how: 'before' | 'inside' | 'behind',
): { readonly db: Database; readonly transactions: () => number } => {
  let count = 0
  const killed = () => new Error('killed')
  return {
    transactions: () => count,
    db: {
      ...db,
      withSellerScope: async (entry, work) => {
        const now = ++count
        if (now > at || now === at && how === 'before') throw killed()
        const value = await db.withSellerScope(entry, async (scope) => {
          const inner = await work(scope)
          if (now === at && how === 'inside') throw killed()
          return inner
        })
        if (now === at) throw killed()
        return value
      },
    },
  }
}
