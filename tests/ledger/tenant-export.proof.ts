/** An export of a large seller: every row, every buyer, and no more memory than a small one takes. */
import process from 'node:process'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { expect, it, vi } from 'vitest'
import { createKeyring } from '../../core/crypto/keyring.ts'
import { createKms } from '../../core/crypto/kms.ts'
import { bytesArray, uuidArray } from '../../core/db/arrays.ts'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { createTenantExports } from '../../core/ledger/tenant-export/exports.ts'
import { silentLog } from '../../core/log.ts'
import { createFiles } from '../../core/storage/files.ts'
import { freshDatabase, makeAccount, makeSeller } from '../support/database.ts'
import { startCloudBeside, takenBy } from '../support/memory-taken.ts'

const rows = Number(process.env['ROBNU_EXPORT_ROWS'] ?? 1_000_000)
/** Rows with four sealed fields each; the others have none. */
const orders = Math.round(rows / 5)
const batch = Math.min(2_000, orders)
/** An engine gives its young generation 48 MiB to what it opens value by value, however few there are. */
const mostMiB = 128
const alias = 'alias/robnu/export'
const bucket = 'robnu-tenant-export'

it('writes a large seller out in constant memory', async () => {
  // the AWS clients look into the environment by themselves
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  const [fresh, cloud] = await Promise.all([
    freshDatabase({ ledgerHasMore: 'another process: what is measured writes the export' }),
    startCloudBeside(),
  ])
  const { db, asSuperuser } = fresh
  const reached = { region: 'ap-south-1', endpoint: cloud.url }
  const kms = createKms({ ...reached, log: silentLog })
  const keyring = createKeyring({
    ...{ db, kms, log: silentLog, now: Date.now, aliasOf: () => alias, createMissingAlias: false },
  })
  const files = createFiles({
    ...{ db, bucket, ...reached, aliasOf: () => alias, ensureKey: () => Promise.resolve() },
  })
  try {
    await kms.ensureAlias(alias)
    await files.ensureBucket()
    const seller = await makeSeller(db)
    const { sellerId, entry } = seller
    const accountId = await makeAccount(fresh, seller)
    const runId = newId()
    await asSuperuser(async (admin) => {
      await admin`insert into job_runs (seller_id, id, marketplace_account_id, target, reason, state)
        values (${sellerId}, ${runId}, ${accountId}, 'ORDERS', 'manual', 'SUCCEEDED')`
      await admin`insert into warehouses (seller_id, id, name)
        select ${sellerId}, gen_random_uuid(), 'Shelf ' || n
        from generate_series(1, ${rows - orders}::int) as n`
    })
    for (let at = 0; at < orders; at += batch) {
      const ids = Array.from({ length: batch }, () => newId())
      const keys = await keyring.forSeller(entry, { willSeal: 4 * batch })
      const sealed = (column: string, text: string) =>
        bytesArray(ids.map((id) => keys.seal('orders', column, id, text)))
      await db.withSellerScope(entry, async (scope) => {
        await scope.run(command`
          insert into orders (seller_id, id, marketplace_account_id, external_order_id, status,
            status_rank, raw_status, on_hold, ordered_at, source_updated_at, currency, total_paise,
            item_count, content_hash, job_run_id, customer_name_enc, customer_phone_enc,
            customer_email_enc, address_enc)
          select ${sellerId}, r.id, ${accountId}, r.id::text, 'NEW', 0, 'new', false, now(), now(), 'INR',
            129900, 1, '\\x00', ${runId}, r.name, r.phone, r.email, r.address
          from unnest(${uuidArray(ids)}::uuid[], ${sealed('customer_name_enc', 'A Buyer')}::bytea[],
            ${sealed('customer_phone_enc', '+919876543210')}::bytea[],
            ${sealed('customer_email_enc', 'buyer@example.in')}::bytea[],
            ${sealed('address_enc', '{"line1":"1 Long Street of a town","city":"Pune"}')}::bytea[])
            as r (id, name, phone, email, address)`)
      })
    }
    const exports = createTenantExports({ db, files, now: Date.now, wake: () => {} })
    const { id } = await exports.request(entry, seller.userId)
    const [item] = await asSuperuser((admin) =>
      admin<{ id: string }[]>`select id from work_items
        where seller_id = ${sellerId} and lane = 'job:tenant-export'`
    )
    const { app, platform } = fresh.urls
    const { seconds, idleMiB, grownMiB } = await takenBy(
      new URL('./support/export-alone.ts', import.meta.url),
      {
        ...{ urls: { app, platform }, endpoint: cloud.url, bucket, alias, entry, idleMs: 3_000 },
        itemId: item?.id,
      },
    )
    expect(await exports.get(entry, id)).toMatchObject({ state: 'DONE', opened: 4 * orders })
    const seen = { lines: 0, bytes: 0 }
    let manifest = ''
    let after: string | undefined
    for (;;) {
      const got = await exports.files(entry, id, {
        ...{ of: 'export', limit: 50 },
        ...after && { after },
      })
      for (const { url, mime, byte_size } of got?.files ?? []) {
        const { body } = await fetch(url)
        seen.bytes += byte_size
        if (mime === 'application/json') manifest = await new Response(body).text()
        else seen.lines += await linesIn(body)
      }
      if (!got?.next) break
      after = got.next
    }
    const told: { tables: readonly { table: string; rows: number; opened: number }[] } = JSON.parse(
      manifest,
    )
    const of = (name: string) => told.tables.find(({ table }) => table === name)
    expect(of('warehouses')?.rows).toBe(rows - orders)
    expect(of('orders')).toMatchObject({ rows: orders, opened: 4 * orders })
    expect(seen.lines).toBe(told.tables.reduce((sum, table) => sum + table.rows, 0))
    const [ledger] = await asSuperuser((admin) =>
      admin<{ opened: number }[]>`select sum(opened)::int as opened from decrypt_ledger
        where seller_id = ${sellerId} and purpose = 'tenant.export'`
    )
    expect(ledger?.opened).toBe(4 * orders)
    process.stdout.write(`Exported: ${
      JSON.stringify({
        ...{ rows: seen.lines, opened: 4 * orders, seconds: Math.round(seconds) },
        rowsPerSecond: Math.round(seen.lines / seconds),
        ...{ packedMiB: Math.round(seen.bytes / 2 ** 20), idleMiB, grownMiB },
      })
    }\n`)
    expect(grownMiB, 'MiB over a process that stood idle').toBeLessThanOrEqual(mostMiB)
  } finally {
    keyring.close()
    await kms.close()
    files.close()
    cloud.child.kill()
    await fresh.close()
    vi.unstubAllEnvs()
  }
}, 1_800_000)

const linesIn = async (body: ReadableStream<Uint8Array> | null): Promise<number> => {
  let lines = 0
  for await (const text of Readable.from(body ?? []).pipe(createGunzip())) {
    const bytes = text as Uint8Array
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines += 1
  }
  return lines
}
