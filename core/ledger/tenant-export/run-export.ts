/** Writes all that a seller has into files, part by part: the job `tenant-export`. */
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { recordAudit } from '../../audit/record.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import type { Database } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import { holdSellerJob } from '../../queues/seller-jobs.ts'
import { whyOf } from '../../queues/why.ts'
import { finishWork, type LeasedJob } from '../../queues/work.ts'
import type { Files } from '../../storage/files.ts'
import { exportFolder } from '../../storage/keys.ts'
import { keepObjects, type StoredObject } from '../../storage/rows.ts'
import { manifestOf } from './manifest.ts'
import { readExportPage } from './page.ts'
import {
  beginExport,
  endExport,
  hasOpenExport,
  type OpenExport,
  readParts,
  storePart,
} from './rows.ts'
import { type ExportTable, readExportTables } from './tables.ts'

export interface ExportDeps {
  readonly db: Database
  readonly keyring: Pick<Keyring, 'forSeller'>
  readonly files: Pick<Files, 'put'>
  readonly log: Log
  /** Milliseconds. */
  readonly now: () => number
  /** Of text; smaller in tests. */
  readonly partChars?: number
}
interface Signals {
  readonly signal: AbortSignal
  readonly draining: AbortSignal
}

/** A part ends behind so much text: what a killed worker has to write again. */
const usualPartChars = 64 * 1024 * 1024
const maxPartBytes = 1024 * 1024 * 1024
const sliceMs = 15_000
const maxAttempts = 4 // before SQS gives its message up: the seller is to hear of it

/**
 * A slice of the oldest open export. What is stored says where the next slice begins; a part that was
 * not told of when the worker died is written again, and the first one swept. Ends with the manifest.
 */
export const exportTenant = async (
  deps: ExportDeps,
  work: LeasedJob,
  signals: Signals,
): Promise<void> => {
  const { db, log } = deps
  const { entry, itemId, lease, queue, attempts } = work
  const open = await db.withSellerScope(entry, async (scope) => {
    await holdSellerJob(scope, 'tenant-export')
    const found = await beginExport(scope)
    if (found === null) await finishWork(scope, { itemId, lease, state: 'DONE' })
    return found
  })
  if (open === null) return
  try {
    const isWhole = await writeParts(deps, work, open, signals)
    if (!isWhole) {
      await db.withSellerScope(
        entry,
        (scope) => finishWork(scope, { itemId, lease, state: 'WAITING', queue, progress: true }),
      )
      return
    }
    await writeManifest(deps, work, open, signals.signal)
  } catch (error) {
    if (attempts < maxAttempts || signals.signal.aborted) throw error
    log.error('export.failed', { exportId: open.id, error })
    await db.withSellerScope(entry, async (scope) => {
      await endExport(scope, open.id, { failure: whyOf(error) })
      await end(scope, work)
    })
  }
}

/** The item goes on while another export waits. */
const end = async (
  scope: Parameters<typeof finishWork>[0] & Parameters<typeof hasOpenExport>[0],
  { itemId, lease, queue }: LeasedJob,
): Promise<void> => {
  await holdSellerJob(scope, 'tenant-export')
  const more = await hasOpenExport(scope)
  await finishWork(
    scope,
    more
      ? { itemId, lease, state: 'WAITING', queue, progress: true }
      : { itemId, lease, state: 'DONE' },
  )
}

/** False: the time is up. At least one part is written, so that a slice always gets on. */
const writeParts = async (
  deps: ExportDeps,
  work: LeasedJob,
  { id, atTable, atKey, parts: begun, ...open }: OpenExport,
  { signal, draining }: Signals,
): Promise<boolean> => {
  const deadline = deps.now() + sliceMs
  const isOver = () => draining.aborted || deps.now() > deadline
  const tables = await readExportTables(deps.db.inSellerScope(work.entry))
  const left = tables.filter(({ table }) =>
    atTable === null || table > atTable || (table === atTable && atKey !== null)
  )
  let written = 0
  for (const table of left) {
    let [after, part] = table.table === atTable ? [atKey, begun] : [null, 0]
    do {
      if (written > 0 && isOver()) return false
      const to = { ...open, id, table, part: part += 1, after, isOver, signal }
      const end = await writePart(deps, work, to)
      if (end === 'empty') break
      written += 1
      after = end
    } while (after !== null)
  }
  return true
}

interface PartPlace extends Pick<OpenExport, 'id' | 'createdAt'> {
  readonly table: ExportTable
  readonly part: number
  readonly after: readonly string[] | null
  /** The part is to end with the page in hand. */
  readonly isOver: () => boolean
  readonly signal: AbortSignal
}

/** Answers the key that it ends behind; null: the table is whole. */
const writePart = async (
  { db, keyring, files, partChars = usualPartChars }: ExportDeps,
  { entry }: LeasedJob,
  at: PartPlace,
): Promise<readonly string[] | 'empty' | null> => {
  const { table, part, isOver, signal } = at
  const count = { rows: 0, opened: 0, chars: 0 }
  let { after } = at
  const first = await readExportPage({ db, keyring }, entry, table, after)
  if (first.rows === 0) return 'empty'
  const lines = async function* () {
    for (let page = first;; page = await readExportPage({ db, keyring }, entry, table, after)) {
      signal.throwIfAborted()
      const { text } = page
      count.rows += page.rows
      count.opened += page.opened
      count.chars += text.length
      after = page.next
      if (text !== '') yield text
      if (after === null || count.chars >= partChars || isOver()) return
    }
  }
  const name = `${table.table}-${String(part).padStart(4, '0')}`
  const object = await files.put(entry, {
    // an attempt before may have left a file with other rows: each has a name of its own
    folder: folderOf(entry.sellerId, at),
    name: `${name}-${newId().slice(-8)}.jsonl.gz`,
    ...{ mime: 'application/gzip', body: packed(lines()), maxBytes: maxPartBytes, signal },
  })
  await db.withSellerScope(entry, async (scope) => {
    await keepObjects(scope, [object.id])
    await storePart(scope, at.id, { table: table.table, part, ...count, object }, after)
  })
  return after
}

/** The day of India on which it was asked for, so that all of it lies in one folder. */
const folderOf = (
  sellerId: string,
  { id, createdAt }: Pick<OpenExport, 'id' | 'createdAt'>,
): string => {
  const date = new Date(createdAt.getTime() + indiaMs).toISOString().slice(0, 10)
  return exportFolder({ sellerId, date, exportId: id })
}
const indiaMs = 5.5 * 3_600_000

/** Page by page through the same memory: one is packed before the next one is read. */
const packed = async function* (texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip()
  let out: Uint8Array[] = []
  gzip.on('data', (bytes: Uint8Array) => void out.push(bytes))
  const ended = finished(gzip)
  ended.catch(() => {})
  const encoder = new TextEncoder()
  let page = new Uint8Array(usualPageBytes)
  try {
    for await (const text of texts) {
      // a character takes 3 bytes at most
      if (text.length * 3 > page.length) page = new Uint8Array(text.length * 3)
      const { written } = encoder.encodeInto(text, page)
      await new Promise<void>((resolve, reject) =>
        gzip.write(page.subarray(0, written), (error) => error ? reject(error) : resolve())
      )
      const done = out
      out = []
      yield* done
    }
    gzip.end()
    await ended
    yield* out
  } finally {
    gzip.destroy()
  }
}
const usualPageBytes = 512 * 1024

const writeManifest = async (
  { db, files, now }: ExportDeps,
  work: LeasedJob,
  open: OpenExport,
  signal: AbortSignal,
): Promise<void> => {
  const { entry } = work
  const { sellerId } = entry
  const queries = db.inSellerScope(entry)
  const tables = await readExportTables(queries)
  const parts = await readParts(queries, sellerId, open.id)
  const about = {
    ...{ sellerId, exportId: open.id, reason: open.reason },
    ...{ askedAt: open.createdAt, madeAt: new Date(now()) },
  }
  const text = manifestOf(about, tables, parts)
  const object: StoredObject = await files.put(entry, {
    folder: folderOf(sellerId, open),
    name: `manifest-${newId().slice(-8)}.json`,
    ...{ mime: 'application/json', body: once(text), maxBytes: maxPartBytes, signal },
  })
  await db.withSellerScope(entry, async (scope) => {
    await keepObjects(scope, [object.id])
    await endExport(scope, open.id, { manifestObjectId: object.id, byteSize: object.byteSize })
    recordAudit(scope, sellerId, 'seller.exported', `seller:${sellerId}`, {
      export: open.id,
      rows: parts.reduce((sum, { rows }) => sum + rows, 0),
      values: parts.reduce((sum, { opened }) => sum + opened, 0),
      files: parts.length + 1,
      sha256: object.sha256,
    })
    await end(scope, work)
  })
}

const once = async function* (text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new TextEncoder().encode(text))
}
