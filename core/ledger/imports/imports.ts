/** Imports as the API asks for them: sending a file, looking what came of it, calling it off. */
import { z } from 'zod'
import { recordAudit } from '../../audit/record.ts'
import type { Database, Entry, SellerScope } from '../../db/database.ts'
import { bytes, command, sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Marketplace } from '../../plugin.ts'
import type { QueueOf } from '../../queues/layout.ts'
import { requestWork } from '../../queues/work.ts'
import { type AccountLimit, within } from '../../rbac/decide.ts'
import { maxFileBytes } from '../../reports/limits.ts'
import type { Files } from '../../storage/files.ts'
import { accountFolder } from '../../storage/keys.ts'
import { type StoredObject, takeObject } from '../../storage/rows.ts'
import { theRow } from '../account-limit.ts'
import type { Registry } from '../registry.ts'
import type { Upstream } from '../upstream.ts'
import { type ImportsAsk, type ImportView, listImports, readImport } from './import-views.ts'
import { type LinesAsk, type LinesView, readLines } from './import-lines.ts'

export interface ImportsDeps {
  readonly db: Database
  readonly files: Pick<Files, 'put'>
  readonly registry: Registry
  readonly queueOf: QueueOf
  readonly upstreamOf: (pluginId: string) => Upstream
  /** Called when something has been put into the outbox. */
  readonly wake: () => void
}
/** Where a file belongs, which is asked before it is taken in. */
interface FileAsk {
  readonly accountId: string
  readonly accounts: AccountLimit | null
}

export const createImports = (deps: ImportsDeps) => ({
  /**
   * Takes a file in, to be imported: what is left lying is removed after a day. Throws `not-found`,
   * `target-unsupported`, `payload-too-large`, and what the body throws.
   */
  receive: async (
    entry: Entry,
    ask: FileAsk & { readonly mime: string; readonly body: AsyncIterable<Uint8Array> },
  ): Promise<StoredObject> => {
    const { accountId, mime, body } = ask
    await deps.db.withSellerScope(entry, (scope) => readerOf(deps, scope, ask))
    const folder = accountFolder({ sellerId: entry.sellerId, accountId }, 'imports')
    return await deps.files.put(entry, { folder, mime, body, maxBytes: maxFileBytes })
  },

  /** Throws `not-found`, `target-unsupported`, `upload-taken`. */
  make: async (
    entry: Entry,
    ask: FileAsk & { readonly object: StoredObject; readonly fileName: string },
  ): Promise<ImportView> => {
    const { accountId, object, fileName } = ask
    const id = newId()
    const view = await deps.db.makeInSellerScope(entry, async (scope) => {
      const { id: plugin } = await readerOf(deps, scope, ask)
      // the end of an import lets its file go
      if (!await takeObject(scope, object.id)) throw fault('upload-taken')
      const asked = await requestWork(scope, {
        ...{ sellerId: scope.sellerId, accountId, target: 'IMPORT', reason: 'manual' },
        ...{ queue: deps.queueOf('IMPORT', plugin), lane: `job:${id}` },
      })
      if (!asked) throw fault('not-found')
      const asOf = deps.upstreamOf(plugin).now().toISOString()
      await scope.run(command`
        insert into imports (
          seller_id, id, marketplace_account_id, job_run_id, storage_object_id, file_name, byte_size,
          sha256, as_of
        ) values (${scope.sellerId}, ${id}, ${accountId}, ${asked.runId}, ${object.id}, ${fileName},
          ${object.byteSize}, ${bytes(bytesOf(object.sha256))}, ${asOf})`)
      scope.made(id)
      recordAudit(scope, scope.sellerId, 'import.requested', `import:${id}`, {
        ...{ account: accountId, bytes: object.byteSize, sha256: object.sha256 },
      })
      return await readImport(scope, id)
    })
    deps.wake()
    if (!view) throw new Error('The import that was just made is not there')
    return view
  },

  /** Null outside of the limit, as for an import that is not there. */
  get: (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null = null,
  ): Promise<ImportView | null> => readImport(deps.db.inSellerScope(entry), id, accounts),

  /** Newest first. */
  list: (entry: Entry, ask: ImportsAsk) => listImports(deps.db.inSellerScope(entry), entry, ask),

  /** Null as above. */
  lines: (
    entry: Entry,
    id: string,
    ask: LinesAsk,
    accounts: AccountLimit | null = null,
  ): Promise<LinesView | null> =>
    deps.db.withSellerScope(entry, async (scope) => {
      const found = await readImport(scope, id, accounts)
      return found && await readLines(scope, found, ask)
    }),

  /** What is stored stays; a worker that is at it stops before its next page. Null as above. */
  cancel: (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null = null,
  ): Promise<ImportView | null> =>
    deps.db.withSellerScope(entry, async (scope) => {
      const called = await scope.run(command`
        update imports set cancelled_at = now(), updated_at = now()
        where ${theRow(scope.sellerId, id, accounts)} and cancelled_at is null
          and exists (select from job_runs r where r.seller_id = imports.seller_id
            and r.id = imports.job_run_id and r.finished_at is null)`)
      if (called > 0) recordAudit(scope, scope.sellerId, 'import.cancelled', `import:${id}`)
      return await readImport(scope, id, accounts)
    }),
})

/** The plugin that reads files of the account's marketplace. */
const readerOf = async (
  { registry }: ImportsDeps,
  scope: SellerScope,
  { accountId, accounts }: FileAsk,
): Promise<Marketplace> => {
  const account = await scope.maybeOne(sql.type(codeRow)`
    select m.code from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
    where a.seller_id = ${scope.sellerId} and a.id = ${accountId}`)
  if (!account || !within(accounts, accountId)) throw fault('not-found')
  const marketplace = registry.find(account.code)
  if (!marketplace?.imports?.length) throw fault('target-unsupported')
  return marketplace
}
const codeRow = z.object({ code: z.string() })

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))

export type Imports = ReturnType<typeof createImports>
