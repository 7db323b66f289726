/** Processing as a worker drives it: Bazaar, a bucket, orders that are synced, batches run by slices. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { vi } from 'vitest'
import { createKms } from '../../../core/crypto/kms.ts'
import { createDocuments } from '../../../core/ledger/documents/read-documents.ts'
import { fetchDocuments } from '../../../core/ledger/documents/run-documents.ts'
import { createManifests } from '../../../core/ledger/processing/manifest-rows.ts'
import { createProcessing } from '../../../core/ledger/processing/processing.ts'
import type { BatchView } from '../../../core/ledger/processing/read-batches.ts'
import { processAccount, type ProcessDeps } from '../../../core/ledger/processing/run-batch.ts'
import { silentLog } from '../../../core/log.ts'
import { claimWork } from '../../../core/queues/work.ts'
import { createFiles, type Files } from '../../../core/storage/files.ts'
import { type Cloud, startCloud } from '../../../scripts/local/cloud.ts'
import { startTroubledCloud, type TroubledCloud } from '../../storage/support/troubled-cloud.ts'
import { makeSeller, type TestSeller } from '../../support/database.ts'
import type { WireOrder } from '../../support/bazaar/sandbox/books.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { sync } from '../support/runs.ts'

interface ParcelAtBazaar {
  readonly parcel: string
  readonly number: string
  readonly invoice: string
  readonly lines: readonly { readonly line_id: string; readonly pieces: number }[]
}
/** What Bazaar has of a shop. */
interface AtBazaar {
  readonly parcels: readonly ParcelAtBazaar[]
  readonly lots: readonly {
    readonly lot: string
    readonly closed: boolean
    readonly parcels: readonly string[]
  }[]
  readonly confirmed: Readonly<Record<string, readonly { readonly pieces: number }[]>>
  readonly writes: Readonly<Record<string, number>>
}
export interface House {
  readonly world: World
  readonly files: Files
  readonly troubled: TroubledCloud
  readonly deps: ProcessDeps
  readonly seller: TestSeller
  readonly accountId: string
  readonly processing: ReturnType<typeof createProcessing>
  readonly manifests: ReturnType<typeof createManifests>
  readonly documents: ReturnType<typeof createDocuments>
  /** Opens so many orders of the shop, freshly, and syncs them: their ids. */
  readonly openOrders: (count: number, members?: Partial<WireOrder>) => Promise<readonly Opened[]>
  readonly atBazaar: () => Promise<AtBazaar>
  /** One slice of whatever work is open for the target; its state after it. */
  readonly slice: (
    target: 'PROCESSING' | 'DOCUMENTS',
    changes?: Partial<ProcessDeps>,
    signal?: AbortSignal,
  ) => Promise<string>
  /** Slices until the item has ended. */
  readonly drain: (
    target: 'PROCESSING' | 'DOCUMENTS',
    changes?: Partial<ProcessDeps>,
  ) => Promise<string>
  readonly start: (
    orders: readonly Opened[],
    more?: Partial<Parameters<ReturnType<typeof createProcessing>['start']>[1]>,
  ) => Promise<BatchView>
  readonly batch: (id: string) => Promise<BatchView>
  readonly close: () => Promise<void>
}
export interface Opened {
  readonly id: string
  readonly number: string
  readonly lines: readonly { readonly id: string; readonly quantity: number }[]
}

const bucket = 'robnu-test-papers'
const never = new AbortController().signal

export const openHouse = async (): Promise<House> => {
  // the AWS clients look into the environment by themselves
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  const [world, cloud] = await Promise.all([openWorld(), startCloud()])
  const troubled = await startTroubledCloud(cloud.url)
  const seller = await makeSeller(world.fresh.db)
  const accountId = await world.connectShop(seller, 1)
  await prepareCloud(cloud)
  const files = createFiles({
    ...{ db: world.fresh.db, bucket, region: 'ap-south-1', endpoint: troubled.url },
    ...{ aliasOf: () => 'alias/test', ensureKey: () => Promise.resolve() },
  })
  const deps: ProcessDeps = { ...world.deps, files }
  const shop = { shop: world.sandbox.accounts[1]?.externalAccountId }
  const processing = createProcessing(world.deps)
  let opened = 0
  // whatever the seeds made of them: nothing has begun
  for (const { number } of await world.orders(1)) {
    await world.control('change', { ...shop, number, members: { state: 'held' } })
  }

  const readOpened = async (number: string): Promise<Opened> => {
    const rows = await world.fresh.asSuperuser((admin) =>
      admin<{ id: string; item: string; quantity: number }[]>`
        select o.id, i.id as item, i.quantity from orders o
        join order_items i on i.seller_id = o.seller_id and i.order_id = o.id
        where o.external_order_id = ${number} and o.seller_id = ${seller.sellerId}
        order by i.line`
    )
    const [first] = rows
    if (!first) throw new Error(`Order ${number} was not synced`)
    return {
      ...{ id: first.id, number },
      lines: rows.map(({ item, quantity }) => ({ id: item, quantity })),
    }
  }
  const slice: House['slice'] = async (target, changes = {}, signal = never) => {
    const [item] = await world.fresh.asSuperuser((admin) =>
      admin<{ id: string }[]>`
        update work_items set not_before = now(), lease_until = now()
        where seller_id = ${seller.sellerId} and target = ${target}
          and state in ('WAITING', 'RUNNING') returning id`
    )
    if (!item) return 'NONE'
    const asked = { sellerId: seller.sellerId, itemId: item.id, leaseMs: 60_000 }
    const work = await claimWork(world.fresh.db, asked)
    if (!work?.claimed || work.target === 'JOB') throw new Error('The item cannot be claimed')
    const handle = target === 'PROCESSING' ? processAccount : fetchDocuments
    await handle({ ...deps, ...changes }, work, { signal, draining: never })
    const [after] = await world.fresh.asSuperuser((admin) =>
      admin<{ state: string }[]>`select state from work_items where id = ${item.id}`
    )
    return after?.state ?? 'NONE'
  }
  const batch = async (id: string): Promise<BatchView> => {
    const found = await processing.get(seller.entry, id, null)
    if (!found) throw new Error('There is no such batch')
    return found
  }
  return {
    ...{ world, files, troubled, deps, seller, accountId, processing, slice, batch },
    manifests: createManifests(world.fresh.db),
    documents: createDocuments({ db: world.fresh.db, files, now: Date.now }),
    openOrders: async (count, members = {}) => {
      const all = await world.orders(1)
      const numbers = all.slice(opened, opened + count).map(({ number }) => number)
      if (numbers.length < count) throw new Error('The shop has no more orders')
      opened += count
      for (const number of numbers) {
        await world.control('change', { ...shop, number, members: { state: 'placed', ...members } })
      }
      await sync(world, seller, accountId)
      return await Promise.all(numbers.map(readOpened))
    },
    atBazaar: async () => await world.control('packing', shop) as AtBazaar,
    drain: async (target, changes = {}) => {
      for (let turn = 0; turn < 60; turn++) {
        const state = await slice(target, changes)
        if (state !== 'WAITING') return state
      }
      throw new Error('The work does not end')
    },
    start: async (orders, more = {}) => {
      const started = await processing.start(seller.entry, {
        ...{ accountId, orderIds: orders.map(({ id }) => id), closure: 'IMMEDIATE' },
        ...{ quantities: [], accounts: null, ...more },
      })
      if (!started) throw new Error('The seller has no such account')
      return started
    },
    close: async () => {
      files.close()
      await world.close()
      await troubled.close()
      await cloud.stop()
      vi.unstubAllEnvs()
    },
  }
}

const prepareCloud = async (cloud: Cloud): Promise<void> => {
  const reached = { region: 'ap-south-1', endpoint: cloud.url }
  const kms = createKms({ ...reached, log: silentLog })
  await kms.ensureAlias('alias/test')
  await kms.close()
  const client = new S3Client({ ...reached, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
}
