/** Exports of all that a seller has, driven without queues, their files in memory. */
import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { newId } from '../../../core/ids.ts'
import { requestTenantExport } from '../../../core/ledger/tenant-export/request.ts'
import { type ExportDeps, exportTenant } from '../../../core/ledger/tenant-export/run-export.ts'
import { silentLog } from '../../../core/log.ts'
import { claimWork } from '../../../core/queues/work.ts'
import type { Files } from '../../../core/storage/files.ts'
import { insertPending, markStored } from '../../../core/storage/rows.ts'
import type { World } from '../../support/bazaar/world.ts'
import type { TestSeller } from '../../support/database.ts'

interface Manifest {
  readonly seller: string
  readonly tables: readonly {
    readonly table: string
    readonly rows: number
    readonly columns: readonly string[]
    readonly opened: number
    readonly left_out: Readonly<Record<string, string>>
    readonly parts: readonly {
      readonly key: string
      readonly rows: number
      readonly sha256: string
    }[]
  }[]
}
export interface ExportHouse {
  readonly files: Pick<Files, 'put' | 'urlOf'>
  readonly ask: (of: TestSeller) => Promise<{ readonly id: string; readonly created: boolean }>
  /** One slice; false: there is nothing to do any more. */
  readonly slice: (of: TestSeller, changes?: Partial<ExportDeps>) => Promise<boolean>
  readonly manifestOf: (exportId: string) => Manifest
  /** What the parts of a table hold; each must be what the manifest says. */
  readonly linesOf: (table: Manifest['tables'][number]) => readonly Record<string, unknown>[]
}

const never = new AbortController().signal

export const openExportHouse = (world: World): ExportHouse => {
  const { db, asSuperuser } = world.fresh
  /** By storage key. */
  const stored = new Map<string, Uint8Array>()
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  const files: ExportHouse['files'] = {
    put: async (entry, { folder, name, mime, body, signal }) => {
      const object = { id: newId(), bucket: 'memory', storageKey: `${folder}/${name}`, mime }
      await insertPending(db, entry, object)
      const parts: Uint8Array[] = []
      for await (const part of body) parts.push(part)
      signal?.throwIfAborted()
      const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer())
      stored.set(object.storageKey, bytes)
      const told = { byteSize: bytes.length, sha256: digest(bytes) }
      const whole = { ...object, ...told, kmsKeyAlias: null, versionId: null }
      await markStored(db, entry, whole)
      return whole
    },
    urlOf: ({ storageKey }) => Promise.resolve(`memory:${storageKey}`),
  }
  return {
    files,
    ask: ({ entry, sellerId, userId: byUserId }) =>
      db.withSellerScope(
        entry,
        (scope) => requestTenantExport(scope, { sellerId, reason: 'asked', byUserId }),
      ),
    slice: async ({ sellerId }, changes = {}) => {
      const [item] = await asSuperuser((admin) =>
        admin<{ id: string }[]>`update work_items
          set not_before = now(), lease_until = case when lease is null then null else now() end
          where seller_id = ${sellerId} and lane = 'job:tenant-export'
            and state in ('WAITING', 'RUNNING') returning id`
      )
      if (!item) return false
      const work = await claimWork(db, { sellerId, itemId: item.id, leaseMs: 60_000 })
      if (!work?.claimed || work.target !== 'JOB') throw new Error('The item cannot be leased')
      const deps = { db, keyring: world.keyring, files, log: silentLog, now: Date.now, ...changes }
      await exportTenant(deps, work, { signal: never, draining: never })
      return true
    },
    manifestOf: (exportId) => {
      const [key = ''] = [...stored.keys()].filter((one) => one.includes(`${exportId}/manifest`))
      return JSON.parse(new TextDecoder().decode(stored.get(key)))
    },
    linesOf: ({ parts }) =>
      parts.flatMap(({ key, rows, sha256 }) => {
        const bytes = stored.get(key) ?? new Uint8Array()
        expect(digest(bytes), key).toBe(sha256)
        const lines = gunzipSync(bytes).toString().trimEnd().split('\n')
        expect(lines, key).toHaveLength(rows)
        return lines.map((line): Record<string, unknown> => JSON.parse(line))
      }),
  }
}
