/** A seller with an AJIO account beside a database, and files that lie in memory. */
import { createHash } from 'node:crypto'
import { createImports, type Imports } from '../../../../core/ledger/imports/imports.ts'
import type { ImportView } from '../../../../core/ledger/imports/import-views.ts'
import { type ImportDeps, importFile } from '../../../../core/ledger/imports/run-import.ts'
import { createRegistry } from '../../../../core/ledger/registry.ts'
import { createUpstream } from '../../../../core/ledger/upstream.ts'
import { newId } from '../../../../core/ids.ts'
import type { ReportImport } from '../../../../core/plugin.ts'
import { claimWork, type LeasedWork } from '../../../../core/queues/work.ts'
import { insertPending, markStored } from '../../../../core/storage/rows.ts'
import type { Files } from '../../../../core/storage/files.ts'
import { reports } from './ajio.ts'
import type { World } from '../../../support/bazaar/world.ts'
import { makeAccount, makeSeller, type TestSeller } from '../../../support/database.ts'
import { pob } from './ajio-files.ts'

type MemoryFiles = Pick<Files, 'put' | 'get' | 'getRange'>

/** Pieces of 64 KiB, as they would come over the network. */
const pieceBytes = 64 * 1024

const memoryFiles = ({ fresh: { db } }: World): MemoryFiles => {
  const kept = new Map<string, Uint8Array>()
  const pieces = async function* (bytes: Uint8Array): AsyncIterable<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
  const found = (id: string): Uint8Array => kept.get(id) ?? new Uint8Array()
  return {
    put: async (entry, { folder, mime, body }) => {
      const parts: Uint8Array[] = []
      for await (const part of body) parts.push(part)
      const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer())
      const id = newId()
      const object = {
        ...{ id, bucket: 'memory', storageKey: `${folder}/${id}`, mime, byteSize: bytes.length },
        ...{ sha256: createHash('sha256').update(bytes).digest('hex') },
        ...{ kmsKeyAlias: null, versionId: null },
      }
      kept.set(id, bytes)
      await insertPending(db, entry, object)
      await markStored(db, entry, object)
      return object
    },
    get: ({ id }) => pieces(found(id)),
    getRange: ({ id }, { from, to }) => pieces(found(id).subarray(from, to)),
  }
}

export interface ImportHouse {
  readonly world: World
  readonly seller: TestSeller
  readonly accountId: string
  readonly imports: Imports
  readonly deps: ImportDeps
}

export const openHouse = async (
  world: World,
  changes: Partial<ImportDeps> & {
    readonly reports?: readonly ReportImport[]
    readonly externalAccountId?: string
    /** Of the upstream's clock. */
    readonly time?: () => number
  } = {},
): Promise<ImportHouse> => {
  const seller = await makeSeller(world.fresh.db)
  const { reports: known = reports, externalAccountId = pob, time, ...others } = changes
  const accountId = await makeAccount(world.fresh, seller, { externalAccountId })
  const registry = createRegistry([{ ...world.marketplace, imports: known }])
  const files = memoryFiles(world)
  // behind every date in the files
  const upstream = createUpstream(undefined, time ?? (() => Date.parse('2026-09-30T00:00:00Z')))
  const deps = { ...world.deps, registry, files, upstreamOf: () => upstream, ...others }
  const imports = createImports({
    ...{ ...deps, files, queueOf: () => 'document-download', wake: () => {} },
  })
  return { world, seller, accountId, imports, deps }
}

export const send = async (
  { imports, seller, accountId }: ImportHouse,
  file: Uint8Array,
  fileName = 'report.csv',
): Promise<ImportView> => {
  const body = async function* (): AsyncIterable<Uint8Array> {
    yield file
  }
  const place = { accountId, accounts: null }
  const object = await imports.receive(seller.entry, {
    ...{ ...place, mime: 'application/octet-stream', body: body() },
  })
  return await imports.make(seller.entry, { ...place, object, fileName })
}

/** Takes the import's work item, whenever it is due. */
export const lease = async (
  { world: { fresh }, seller }: ImportHouse,
  { run_id: runId }: ImportView,
  leaseMs = 60_000,
): Promise<LeasedWork> => {
  const [item] = await fresh.asSuperuser((admin) =>
    admin<{ id: string }[]>`
      update work_items set not_before = now(), lease_until = case when lease is null then null
        else now() end where job_run_id = ${runId} returning id`
  )
  if (!item) throw new Error('The import has no work item')
  const asked = { sellerId: seller.sellerId, itemId: item.id, leaseMs }
  const claim = await claimWork(fresh.db, asked)
  if (!claim?.claimed || claim.target === 'JOB') throw new Error('The item cannot be leased')
  return claim
}

const never = new AbortController().signal

/** One slice; what the import is after it. */
export const slice = async (
  house: ImportHouse,
  asked: ImportView,
  { leaseMs, ...signals }: {
    readonly signal?: AbortSignal
    readonly draining?: AbortSignal
    readonly leaseMs?: number
  } = {},
): Promise<ImportView> => {
  await importFile(house.deps, await lease(house, asked, leaseMs), {
    ...{ signal: never, draining: never, ...signals },
  })
  return await viewOf(house, asked)
}

export const viewOf = async ({ imports, seller }: ImportHouse, { id }: ImportView) => {
  const view = await imports.get(seller.entry, id)
  if (!view) throw new Error('There is no such import')
  return view
}

/** From sending to the end. */
export const importWhole = async (house: ImportHouse, file: Uint8Array): Promise<ImportView> => {
  const asked = await send(house, file)
  for (let n = 0; n < 30; n++) {
    const view = await slice(house, asked)
    if (view.finished_at) return view
  }
  throw new Error('The import does not come to its end')
}
