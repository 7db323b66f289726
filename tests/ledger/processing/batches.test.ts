/** A batch from open orders to a closed manifest, with everything that it leaves behind. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { textOfPdf } from '../../../core/ledger/documents/read-paper.ts'
import { findObject } from '../../../core/storage/rows.ts'
import { type House, type Opened, openHouse } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())

const orderOf = async (id: string) => {
  const [row] = await house.world.fresh.asSuperuser((admin) =>
    admin<{ status: string; raw_status: string }[]>`
      select status, raw_status from orders where id = ${id}`
  )
  return { ...row }
}
const paperTexts = async (order: Opened): Promise<ReadonlyMap<string, string>> => {
  const papers = await house.documents.ofOrder(house.seller.entry, order.id, null) ?? []
  const texts = new Map<string, string>()
  for (const { id, type } of papers) {
    const [row] = await house.world.fresh.asSuperuser((admin) =>
      admin<{ object: string }[]>`
        select storage_object_id as object from order_documents where id = ${id}`
    )
    const object = await house.world.fresh.db.withSellerScope(
      house.seller.entry,
      (scope) => findObject(scope, { id: row?.object ?? '' }),
    )
    if (!object) throw new Error('The paper has no object')
    const chunks: Uint8Array[] = []
    for await (const chunk of house.files.get(object)) chunks.push(chunk)
    const bytes = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer())
    texts.set(type, await textOfPdf(bytes) ?? '')
  }
  return texts
}

describe('a batch', () => {
  let orders: readonly Opened[]
  let batchId: string
  it('brings its orders into a closed manifest, one parcel each', async () => {
    orders = await house.openOrders(3)
    const started = await house.start(orders)
    batchId = started.id
    expect(started).toMatchObject({ state: 'QUEUED', orders: { total: 3, open: 3 } })
    expect(await house.drain('PROCESSING')).toBe('DONE')
    const batch = await house.batch(batchId)
    expect(batch).toMatchObject({
      state: 'DONE',
      orders: { total: 3, open: 0, done: 3, held: 0, stopped: 0 },
      documents: { PACKING_SLIP: 3, VENDOR_INVOICE: 3, CUSTOMER_INVOICE: 3, LABEL: 3 },
      failure: null,
    })
    expect(batch.stages.slice(0, 6).map(({ step, done }) => [step, done])).toEqual([
      ['confirm', 3],
      ['pack', 3],
      ['papers', 3],
      ['label', 3],
      ['check', 3],
      ['lot', 1],
    ])
    const there = await house.atBazaar()
    expect(there.parcels.map(({ number }) => number).toSorted())
      .toEqual(orders.map(({ number }) => number).toSorted())
    expect(there.lots).toHaveLength(1)
    expect(there.lots[0]).toMatchObject({ closed: true })
    for (const { id } of orders) expect(await orderOf(id)).toMatchObject({ status: 'MANIFESTED' })
    const run = await house.world.fresh.asSuperuser((admin) =>
      admin`select state, received, changed, rejected from job_runs where id = ${batch.run_id}`
    )
    expect({ ...run[0] }).toEqual({ state: 'SUCCEEDED', received: 3, changed: 3, rejected: 0 })
  })

  it('shows its manifest with the parcels, and fetches its paper when it is made', async () => {
    const { manifests } = await house.manifests.list(house.seller.entry, { limit: 10 })
    expect(manifests).toHaveLength(1)
    expect(manifests[0]).toMatchObject({ state: 'CLOSED', shipment_count: 3 })
    const id = manifests[0]?.id ?? ''
    expect(await house.drain('DOCUMENTS')).toBe('DONE')
    const shown = await house.manifests.get(house.seller.entry, id)
    expect(shown?.shipments).toHaveLength(3)
    expect(shown?.documents.map(({ type }) => type)).toEqual(['MANIFEST'])
  })

  it('leaves papers that agree with each other, and with what was confirmed', async () => {
    for (const order of orders) {
      const texts = await paperTexts(order)
      expect([...texts.keys()].toSorted())
        .toEqual(['CUSTOMER_INVOICE', 'LABEL', 'PACKING_SLIP', 'VENDOR_INVOICE'])
      const lines = await house.world.fresh.asSuperuser((admin) =>
        admin<{ sku: string; quantity: number }[]>`
          select i.sku, l.confirmed_quantity as quantity from batch_lines l
          join order_items i on i.order_id = l.order_id and i.external_item_id = l.external_item_id
          where l.batch_id = ${batchId} and l.order_id = ${order.id}`
      )
      expect(lines.length).toBeGreaterThan(0)
      for (const [type, text] of texts) {
        for (const { sku, quantity } of lines) {
          const row = text.split('\n').find((one) => one.includes(sku))
          expect(row, `${type} ${sku}`).toMatch(
            new RegExp(`\\b(Qty ${quantity}|${quantity} pcs)\\b`),
          )
        }
        expect(text.replaceAll(/\s/g, '')).toContain(order.number)
      }
    }
  })

  it('gives a paper by an address that is recorded, and its buyer to those who may see it', async () => {
    const [order] = orders
    const papers = await house.documents.ofOrder(house.seller.entry, order?.id ?? '', null) ?? []
    const slip = papers.find(({ type }) => type === 'PACKING_SLIP')
    const ask = { accounts: null, maySeeBuyer: () => false }
    expect(await house.documents.link(house.seller.entry, slip?.id ?? '', ask)).toBe('buyer')
    const vendor = papers.find(({ type }) => type === 'VENDOR_INVOICE')
    expect(await house.documents.link(house.seller.entry, vendor?.id ?? '', ask))
      .toMatchObject({ type: 'VENDOR_INVOICE' })
    const shown = await house.documents.link(house.seller.entry, slip?.id ?? '', {
      ...ask,
      maySeeBuyer: (account) => account === house.accountId,
    })
    if (shown === null || typeof shown === 'string') throw new Error('The slip is not there')
    const answer = await fetch(shown.url)
    expect(new Uint8Array(await answer.arrayBuffer()).length).toBe(shown.byte_size)
    const audited = await house.world.fresh.asSuperuser((admin) =>
      admin<{ target: string }[]>`
        select target from audit_events where action = 'document.read' order by seq`
    )
    expect(audited.map(({ target }) => target))
      .toEqual([`document:${vendor?.id}`, `document:${slip?.id}`])
  })

  it('takes invoice numbers without a gap, one for an order', async () => {
    const invoices = await house.world.fresh.asSuperuser((admin) =>
      admin<{ number: number; invoice_number: string }[]>`
        select number, invoice_number from order_invoices order by number`
    )
    expect(invoices.map(({ number }) => number)).toEqual([1, 2, 3])
    const { parcels } = await house.atBazaar()
    expect(parcels.map(({ invoice }) => invoice).toSorted())
      .toEqual(invoices.map(({ invoice_number }) => invoice_number))
  })
})

describe('an order that cannot go on', () => {
  it('stays behind with its reason, and the others go on', async () => {
    const [bad] = await house.openOrders(1, {
      buyer: { name: 'Asha', street: 'x', town: 'PUNE', state: 'MAHARASHTRA', pin: '560001' },
    })
    const good = await house.openOrders(2)
    if (!bad) throw new Error('unreachable')
    const { id } = await house.start([bad, ...good])
    expect(await house.drain('PROCESSING')).toBe('DONE')
    expect(await house.batch(id)).toMatchObject({
      ...{ state: 'DONE', orders: { total: 3, done: 2, held: 1 } },
    })
    const report = await house.processing.lines(house.seller.entry, id, {
      ...{ limit: 50, accounts: null, state: 'HELD' },
    })
    expect(new Set(report?.lines.map(({ order_id }) => order_id))).toEqual(new Set([bad.id]))
    expect(report?.lines[0]).toMatchObject({ code: 'pin-mismatch', step: 'confirm' })
    expect(await orderOf(bad.id)).toMatchObject({ status: 'NEW' })
    // and a new batch takes it once the seller has seen to it
    await house.world.control('change', {
      ...{ shop: house.world.sandbox.accounts[1]?.externalAccountId, number: bad.number },
      members: {
        buyer: { name: 'Asha', street: 'x', town: 'PUNE', state: 'MAHARASHTRA', pin: '411001' },
      },
    })
    const again = await house.start([bad])
    expect(again.orders).toMatchObject({ total: 1, open: 1 })
    await house.drain('PROCESSING')
  })

  it('is held from the start when it is on hold, done, or in another batch', async () => {
    const [first] = await house.openOrders(1)
    const [waits] = await house.openOrders(1, { state: 'held' })
    if (!first || !waits) throw new Error('unreachable')
    const one = await house.start([first])
    const two = await house.start([first, waits])
    expect(two.orders).toMatchObject({ total: 2, open: 0, held: 2 })
    const report = await house.processing.lines(house.seller.entry, two.id, {
      ...{ limit: 50, accounts: null },
    })
    expect(new Set(report?.lines.map(({ code }) => code)))
      .toEqual(new Set(['in-another-batch', 'on-hold']))
    await house.drain('PROCESSING')
    await house.drain('PROCESSING')
    expect(await house.batch(one.id)).toMatchObject({ state: 'DONE', orders: { done: 1 } })
    expect(await house.batch(two.id)).toMatchObject({ state: 'DONE', orders: { held: 2 } })
    const three = await house.start([first])
    expect(three.orders.held).toBe(1)
    await house.drain('PROCESSING')
  })

  it('of another account, or of nobody, is refused by its place', async () => {
    const nobody = '01998f6c-0a1b-7c2d-9e3f-7d8e9f0a1b2c'
    await expect(house.start([{ id: nobody, number: '', lines: [] }])).rejects.toMatchObject({
      ...{ code: 'invalid-request', errors: [{ pointer: '/order_ids/0' }] },
    })
  })
})

describe('quantities', () => {
  it('are confirmed as far as somebody says, and papers say the same', async () => {
    const [order] = await house.openOrders(1, {
      lines: [{ line_id: 'L/1', sku: 'SKU-PART', title: 'Kurta', pieces: 4, amount: '400.00' }],
      total: '400.00',
    })
    const [line] = order?.lines ?? []
    if (!order || !line) throw new Error('unreachable')
    const { id } = await house.start([order], {
      quantities: [{ order_item_id: line.id, quantity: 3 }],
    })
    await house.drain('PROCESSING')
    const report = await house.processing.lines(house.seller.entry, id, {
      ...{ limit: 10, accounts: null },
    })
    expect(report?.lines).toMatchObject([{
      ...{ quantity: 4, confirmed_quantity: 3, short_reason: 'asked', state: 'DONE' },
    }])
    const there = await house.atBazaar()
    expect(there.confirmed[order.number]).toMatchObject([{ pieces: 3 }])
    const texts = await paperTexts(order)
    expect(texts.get('PACKING_SLIP')).toMatch(/SKU-PART .*\b3 pcs/)
    expect(texts.get('VENDOR_INVOICE')).toMatch(/SKU-PART .*\b3 pcs.*300\.00/)
  })

  it('are confirmed as far as stock allows: whoever ordered first is served first', async () => {
    const lines = (at: number) => [
      { line_id: `S${at}/1`, sku: 'SKU-SHORT', title: 'Kurta', pieces: 2, amount: '200.00' },
    ]
    const early = { placed_at: '2026-01-01T00:00:00.000Z', lines: lines(1) }
    const late = { placed_at: '2026-01-02T00:00:00.000Z', lines: lines(2) }
    const [first] = await house.openOrders(1, early)
    const [second] = await house.openOrders(1, late)
    const [third] = await house.openOrders(1, { ...late, lines: lines(3) })
    if (!first || !second || !third) throw new Error('unreachable')
    await house.world.fresh.asSuperuser(async (admin) => {
      const { sellerId } = house.seller
      const id = '01998f6c-0a1b-7c2d-9e3f-000000000001'
      await admin`insert into catalog_products (seller_id, id, sku) values (${sellerId}, ${id}, 'S')`
      await admin`insert into warehouses (seller_id, id, name, is_default)
        values (${sellerId}, ${id}, 'Main', true) on conflict do nothing`
      await admin`insert into inventory_levels (seller_id, product_id, warehouse_id, on_hand)
        select ${sellerId}, ${id}, w.id, 3 from warehouses w where w.seller_id = ${sellerId}`
      await admin`insert into catalog_listings (
          seller_id, id, marketplace_account_id, product_id, sku)
        values (${sellerId}, ${id}, ${house.accountId}, ${id}, 'SKU-SHORT')`
    })
    const { id } = await house.start([second, first, third])
    await house.drain('PROCESSING')
    const report = await house.processing.lines(house.seller.entry, id, {
      ...{ limit: 10, accounts: null },
    })
    const byOrder = new Map(report?.lines.map((line) => [line.order_id, line]))
    expect(byOrder.get(first.id)).toMatchObject({ confirmed_quantity: 2, state: 'DONE' })
    const later = [second, third].map((order) => byOrder.get(order.id))
    expect(later.map((line) => line?.confirmed_quantity).toSorted()).toEqual([0, 1])
    expect(later.map((line) => line?.code).toSorted()).toEqual(['no-stock', null])
    expect(later.map((line) => line?.short_reason)).toEqual(['short-stock', 'short-stock'])
  })
})

describe('a paper that does not agree with the order', () => {
  it('holds the order at the step that brought it, and the manifest goes without it', async () => {
    const [bad, good] = await house.openOrders(2)
    if (!bad || !good) throw new Error('unreachable')
    const shop = house.world.sandbox.accounts[1]?.externalAccountId
    await house.world.control('wrongLabel', { shop, number: bad.number })
    const { id } = await house.start([bad, good])
    expect(await house.drain('PROCESSING')).toBe('DONE')
    const report = await house.processing.lines(house.seller.entry, id, {
      ...{ limit: 10, accounts: null, state: 'HELD' },
    })
    expect(report?.lines[0]).toMatchObject({
      ...{ order_id: bad.id, step: 'label', code: 'document-mismatch' },
    })
    const { lots, parcels } = await house.atBazaar()
    const parcel = parcels.find(({ number }) => number === bad.number)?.parcel
    expect(lots.every((lot) => !lot.parcels.includes(parcel ?? ''))).toBe(true)
    expect(await house.batch(id)).toMatchObject({ orders: { done: 1, held: 1 } })
    await house.world.control('wrongLabel', { shop, number: null })
    const again = await house.start([bad])
    await house.drain('PROCESSING')
    expect(await house.batch(again.id)).toMatchObject({ orders: { done: 1 } })
    expect((await house.atBazaar()).parcels.filter(({ number }) => number === bad.number))
      .toHaveLength(1)
  })
})
