/** What else shows buyers: papers, raw rows, files that were left, months of the archive. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../../core/ids.ts'
import { createDocuments } from '../../../core/ledger/documents/read-documents.ts'
import { storeDocuments } from '../../../core/ledger/documents/store-documents.ts'
import { lookWhatMonthsAreDue, sweepRetention } from '../../../core/ledger/retention/look.ts'
import { archiveMonthEnds, lastArchiveMonth } from '../../../core/ledger/retention/span.ts'
import { noCounts, preparePage, storePage } from '../../../core/ledger/store-page.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { openPages, type Pages } from '../support/pages.ts'
import { day, dayMs, depsAt, erasuresOf, idsOf, order, runJob } from './support.ts'

let fresh: FreshDatabase
let pages: Pages
const opened: Pages[] = []
beforeAll(async () => {
  fresh = await freshDatabase()
})
beforeEach(async () => {
  pages = await openPages(fresh)
  opened.push(pages)
})
afterAll(async () => {
  for (const one of opened) await one.close()
  await fresh.close()
})

describe('papers', () => {
  const objectOf = async (of: Pages): Promise<string> => {
    const id = newId()
    const { sellerId } = of.seller
    await fresh.asSuperuser((admin) =>
      admin`insert into storage_objects (seller_id, id, bucket, storage_key, mime, byte_size, sha256,
          state, stored_at)
        values (${sellerId}, ${id}, 'b', ${`documents/${sellerId}/${id}`}, 'application/pdf', 1,
          decode(repeat(md5(${id}), 2), 'hex'), 'STORED', now())`
    )
    return id
  }
  const paper = async (
    of: Pages,
    orderId: string,
    type: 'LABEL' | 'PACKING_SLIP' | 'POB' | 'CUSTOMER_INVOICE' | 'VENDOR_INVOICE',
    objectId?: string,
  ) => {
    const object = objectId ?? await objectOf(of)
    const place = { accountId: of.accountId, batchId: null }
    const lost = await of.inScope((scope) =>
      storeDocuments(scope, place, [{
        ...{ type, orderId, manifestId: null, source: 'RENDERED', objectId: object },
        quantities: null,
      }])
    )
    return { object, lost }
  }
  const keptOf = async (of: Pages): Promise<readonly string[]> => {
    const rows = await fresh.asSuperuser((admin) =>
      admin<{ id: string }[]>`select id from storage_objects
        where seller_id = ${of.seller.sellerId} and kept_at is not null order by id`
    )
    return rows.map(({ id }) => id)
  }
  const documents = () =>
    createDocuments({
      ...{ db: fresh.db, now: () => 0 },
      files: { urlOf: () => Promise.resolve('https://files.invalid/') },
    })

  it('that show the buyer go with the buyer, the earlier ones too; the invoice stays nine years', async () => {
    await pages.store('ORDERS', [order('a', 'DELIVERED', 10), order('b', 'DELIVERED', 300)])
    const [a = '', b = ''] = await idsOf(pages, 'a', 'b')
    const shared = await objectOf(pages)
    await paper(pages, a, 'LABEL')
    await paper(pages, a, 'LABEL')
    await paper(pages, a, 'PACKING_SLIP', shared)
    // one file for two parcels stays for as long as one of them is due to nobody
    await paper(pages, b, 'PACKING_SLIP', shared)
    const invoice = await paper(pages, a, 'CUSTOMER_INVOICE')
    await paper(pages, a, 'POB')
    const ours = await paper(pages, a, 'VENDOR_INVOICE')
    const before = await documents().ofOrder(pages.seller.entry, a, null)
    expect(before?.map(({ type }) => type))
      .toEqual(['CUSTOMER_INVOICE', 'LABEL', 'PACKING_SLIP', 'POB', 'VENDOR_INVOICE'])
    expect((await keptOf(pages)).length).toBe(6)

    await runJob(fresh, pages.seller.sellerId, depsAt(fresh, day(150)))
    expect(await keptOf(pages)).toEqual([shared, invoice.object, ours.object].toSorted())
    const left = await documents().ofOrder(pages.seller.entry, a, null)
    expect(left?.map(({ type }) => type)).toEqual(['CUSTOMER_INVOICE', 'VENDOR_INVOICE'])
    const label = before?.find(({ type }) => type === 'LABEL')
    const ask = { accounts: null, maySeeBuyer: () => true }
    expect(await documents().link(pages.seller.entry, label?.id ?? '', ask)).toBe('erased')
    expect((await erasuresOf(pages))[0]).toMatchObject({ orders: 1, documents: 4 })

    // what is made or fetched later shows nobody
    const late = await paper(pages, a, 'LABEL')
    expect(late.lost).toEqual([a])
    expect(await keptOf(pages)).not.toContain(late.object)
    expect((await paper(pages, b, 'LABEL')).lost).toEqual([])

    const nineYears = new Date(Date.now() + 9 * 366 * dayMs + dayMs)
    await runJob(fresh, pages.seller.sellerId, depsAt(fresh, nineYears))
    expect(await keptOf(pages)).toEqual([ours.object])
  })
})

describe('what else may show buyers', () => {
  it('raw rows that could not be read are emptied, and stay empty when they come again', async () => {
    const raw = JSON.stringify({ buyer: 'Asha Rao', phone: '+910123456789' })
    const store = () =>
      pages.inScope((scope, keys) => {
        const page = {
          ...{ rows: [], received: 1, cursor: null },
          rejected: [{ key: 'K-1', reason: 'no-date', raw }],
        }
        const { accountId } = pages
        const prepared = preparePage(keys, { accountId, target: 'ORDERS' }, [])
        const place = { accountId, target: 'ORDERS', runId: '', cursorSeq: null } as const
        return storePage(
          { ...scope, atCommit: () => {} },
          keys,
          { ...place, runId: pages.place.runId ?? '' },
          page,
          prepared,
          noCounts,
        )
      })
    await store()
    const rows = () =>
      fresh.asSuperuser((admin) =>
        admin<{ key: string; reason: string; held: boolean }[]>`
          select external_key as key, reason, raw_enc is not null as held from quarantined_rows
          where seller_id = ${pages.seller.sellerId}`
      )
    const { sellerId } = pages.seller
    await runJob(fresh, sellerId, depsAt(fresh, new Date(Date.now() + 88 * dayMs)))
    expect((await rows())[0]).toMatchObject({ held: true })
    await runJob(fresh, sellerId, depsAt(fresh, new Date(Date.now() + 90 * dayMs)))
    const emptied = [{ key: 'K-1', reason: 'no-date', held: false }]
    expect((await rows()).map((row) => ({ ...row }))).toEqual(emptied)
    await store()
    expect((await rows()).map((row) => ({ ...row }))).toEqual(emptied)
    expect((await erasuresOf(pages))[0]).toMatchObject({ orders: 0, raw_rows: 1 })
  })

  it('files of imports that came to no end are let go', async () => {
    const { sellerId } = pages.seller
    const object = newId()
    await fresh.asSuperuser(async (admin) => {
      await admin`insert into storage_objects (seller_id, id, bucket, storage_key, mime, byte_size,
          sha256, state, stored_at, kept_at)
        values (${sellerId}, ${object}, 'b', ${`imports/${sellerId}/${object}`}, 'text/csv', 1,
          decode(repeat('ab', 32), 'hex'), 'STORED', now(), now())`
      await admin`insert into imports (seller_id, id, marketplace_account_id, job_run_id,
          storage_object_id, file_name, byte_size, sha256, as_of)
        values (${sellerId}, ${newId()}, ${pages.accountId}, ${pages.place.runId}, ${object},
          'orders.csv', 1, decode(repeat('ab', 32), 'hex'), now())`
    })
    await runJob(fresh, sellerId, depsAt(fresh, new Date(Date.now() + 90 * dayMs)))
    const [row] = await fresh.asSuperuser((admin) =>
      admin`select kept_at, (select storage_object_id from imports where seller_id = ${sellerId})
        from storage_objects where id = ${object}`
    )
    expect(row).toEqual({ kept_at: null, storage_object_id: null })
    expect((await erasuresOf(pages))[0]).toMatchObject({ files: 1 })
  })

  it('months of the archive lose their keys when their first day is old, by the shortest time', async () => {
    expect([31, 30, 7].map((days) => lastArchiveMonth(day(31), days)))
      .toEqual([202601, 202601, 202601])
    expect([lastArchiveMonth(day(58), 90), lastArchiveMonth(day(59), 30)]).toEqual([202512, 202601])
    // the day that a buyer is told is the one on which it happens
    for (
      const [month, days] of [[202601, 30], [202601, 90], [202602, 28], [202602, 29], [202612, 7]]
    ) {
      const ends = archiveMonthEnds(month ?? 0, days ?? 0)
      expect(lastArchiveMonth(ends, days ?? 0)).toBe(month)
      expect(lastArchiveMonth(new Date(ends.getTime() - 1), days ?? 0)).toBeLessThan(month ?? 0)
    }
    const { sellerId } = pages.seller
    await fresh.asSuperuser((admin) =>
      admin`insert into seller_keys (seller_id, purpose, version, wrapped, kms_alias)
        select ${sellerId}, 'archive', v, 'wrapped', 'alias/test'
        from unnest(array[202510, 202511, 202512, 202601]) v`
    )
    const deps = depsAt(fresh, day(31))
    const due = await lookWhatMonthsAreDue(deps, { sellerId })
    expect(due.map(({ month }) => month)).toEqual([202510, 202511])
    expect(await sweepRetention(deps)).toBeGreaterThan(0)
    await runJob(fresh, sellerId, deps)
    const keys = await fresh.asSuperuser((admin) =>
      admin<{ version: number; gone: boolean }[]>`
        select version, state = 'DESTROYED' and length(wrapped) = 0 as gone from seller_keys
        where seller_id = ${sellerId} and purpose = 'archive' order by version`
    )
    expect(keys.map(({ version, gone }) => [version, gone]))
      .toEqual([[202510, true], [202511, true], [202512, false], [202601, false]])
    expect(await erasuresOf(pages)).toEqual([
      expect.objectContaining({ marketplace_account_id: null, archive_months: 2, orders: 0 }),
    ])
    expect(await lookWhatMonthsAreDue(deps, { sellerId })).toEqual([])
    // terms of thirty days are those of all that the seller has, and so is the configuration
    const config = { ROBNU_BUYER_DAYS: 30 }
    const short = await lookWhatMonthsAreDue(depsAt(fresh, day(31), { config }), { sellerId })
    await fresh.asSuperuser((admin) => admin`update marketplaces set buyer_days = 30`)
    const rest = await lookWhatMonthsAreDue(deps, { sellerId })
    await runJob(fresh, sellerId, deps)
    await fresh.asSuperuser((admin) => admin`update marketplaces set buyer_days = null`)
    expect(rest.map(({ month }) => month)).toEqual([202512, 202601])
    expect(short).toEqual(rest)
    expect((await erasuresOf(pages))[0]).toMatchObject({ archive_months: 4 })
  })
})
