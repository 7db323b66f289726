/** An export of a large seller: every row, every buyer, and no more memory than a small one takes. */
import { createHash } from 'node:crypto'
import process from 'node:process'
import { createGunzip } from 'node:zlib'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { bytesArray, uuidArray } from '../../core/db/arrays.ts'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { insertPending, markStored } from '../../core/storage/rows.ts'
import { openWorld } from '../support/bazaar/world.ts'
import { makeSeller } from '../support/database.ts'
import { openExportHouse } from './support/exports.ts'

const rows = Number(process.env['ROBNU_EXPORT_ROWS'] ?? 1_000_000)
/** Rows with four sealed fields each; the others have none. */
const orders = Math.round(rows / 5)
const batch = 2_000
setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const mostMiB = 64

it('writes a large seller out in constant memory', async () => {
  const world = await openWorld()
  try {
    const { db, asSuperuser } = world.fresh
    const seller = await makeSeller(db)
    const { sellerId, entry } = seller
    const accountId = await world.connectShop(seller, 0)
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
      const keys = await world.keyring.forSeller(entry, { willSeal: 4 * batch })
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
    const house = openExportHouse(world)
    const { id } = await house.ask(seller)
    const seen = { lines: 0, chunks: 0, bytes: 0 }
    const live: number[] = []
    const resident: number[] = []
    /** What is really held: what nobody holds is collected before. */
    const look = (): void => {
      resident.push(process.memoryUsage.rss())
      if (seen.chunks++ % 50 !== 0) return
      collect()
      const { heapUsed, external } = process.memoryUsage()
      live.push(heapUsed + external)
    }
    const manifest: Uint8Array[] = []
    const files: typeof house.files = {
      ...house.files,
      // nothing is kept: what comes is counted on its way
      put: async (of, { folder, name, mime, body }) => {
        const object = { id: newId(), bucket: 'nowhere', storageKey: `${folder}/${name}`, mime }
        await insertPending(db, of, object)
        const hash = createHash('sha256')
        let byteSize = 0
        const counted = async function* () {
          for await (const chunk of body) {
            byteSize += chunk.length
            hash.update(chunk)
            look()
            if (mime === 'application/json') manifest.push(chunk)
            yield chunk
          }
        }
        if (mime === 'application/json') { for await (const _ of counted()); }
        else {
          for await (const text of Readable.from(counted()).pipe(createGunzip())) {
            const bytes = text as Uint8Array
            for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
              seen.lines += 1
            }
          }
        }
        seen.bytes += byteSize
        const told = { byteSize, sha256: hash.digest('hex'), kmsKeyAlias: null, versionId: null }
        await markStored(db, of, { ...object, ...told })
        return { ...object, ...told }
      },
    }
    const began = performance.now()
    while (await house.slice(seller, { files }));
    const seconds = (performance.now() - began) / 1_000
    const told: { tables: readonly { table: string; rows: number; opened: number }[] } = JSON.parse(
      new TextDecoder().decode(await new Blob(manifest as BlobPart[]).arrayBuffer()),
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
    const grownOf = (sizes: readonly number[]) =>
      Math.round((sizes.reduce((most, one) => Math.max(most, one)) - (sizes[0] ?? 0)) / 2 ** 20)
    const grown = grownOf(live)
    process.stdout.write(`Exported: ${
      JSON.stringify({
        ...{ rows: seen.lines, opened: 4 * orders, export: id },
        ...{ seconds: Math.round(seconds), rowsPerSecond: Math.round(seen.lines / seconds) },
        ...{
          packedMiB: Math.round(seen.bytes / 2 ** 20),
          grownMiB: grown,
          residentMiB: grownOf(resident),
        },
      })
    }\n`)
    expect(grown, 'MiB over what the first bytes found').toBeLessThan(mostMiB)
  } finally {
    await world.close()
  }
}, 1_800_000)
