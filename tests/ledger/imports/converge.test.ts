/** A report and the gateway tell of the same orders: whichever comes first, one state is left. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noCounts, preparePage, storePage } from '../../../core/ledger/store-page.ts'
import type { OrderRow, PayoutRow, ReturnRow } from '../../../core/plugin.ts'
import { toOrderRow, toPayoutRow, toReturnRow } from './support/ajio.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import {
  type Cells,
  csvOf,
  orderReport,
  type Report,
  returnReport,
  settlementReport,
} from './support/ajio-files.ts'
import { type ImportHouse, importWhole, lease, openHouse, send } from './support/house.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** The gateway's time of the last change, behind everything that the reports tell. */
const updatedAt = '2026-09-20T12:00:00+05:30'
const at = (line: Cells, name: string): string => line[name] ?? ''
const blank = (text: string) => text === 'nan' ? null : text.replace(/^'/, '')

const orderOf = (lines: readonly Cells[]): unknown => {
  const line = lines[0] ?? {}
  const shipment = blank(at(line, 'FWD Shipment ID'))
  const key = (one: Cells) => ({
    ...{ sellerOrderNo: at(one, 'FWD Seller Order NO'), jioCode: at(one, 'JioCode') },
  })
  return {
    ...{ custOrderNo: at(line, 'Cust Order No'), custOrderDate: at(line, 'Cust Order Date') },
    ...{ status: at(line, 'Status'), onHold: false, updatedAt, poNo: null, holdReason: null },
    ...{ unholdAt: null, dispatchBy: at(line, 'Estimated Dispatch Date') },
    fulfillmentType: 'DROPSHIP',
    shipTo: {
      ...{ name: 'Asha Rao', phone: '9876543210', email: 'nan', line1: '7 Lake Road', line2: '' },
      ...{ city: 'PUNE', state: 'MAHARASHTRA', pincode: '411001' },
    },
    lines: lines.map((one) => ({
      ...key(one),
      ...{ sellerSku: at(one, 'Seller SKU'), ean: at(one, 'EAN'), description: 'Kurta' },
      ...{ hsn: at(one, 'HSN'), orderQty: Number(at(one, 'Order Qty')), confirmedQty: null },
      ...{ shippedQty: Number(at(one, 'Shipped QTY')), sellerCancelledQty: 0 },
      ...{ cancelledQty: Number(at(one, 'Cancelled Qty')), mrp: 1999, sellerTd: '700.00' },
      customerCancelledQty: Number(at(one, 'Cancelled Qty')),
      ...{
        sellingPrice: at(one, 'Selling Price'),
        gstPercent: 5,
        totalValue: at(one, 'Total Value'),
      },
    })),
    shipments: shipment === null ? [] : [{
      ...{
        shipmentId: shipment,
        status: at(line, 'Status'),
        carrier: 'DELHIVERY',
        manifestId: 'nan',
      },
      ...{ awb: blank(at(line, 'FWD AWB')), updatedAt },
      lines: lines.map((one) => ({ ...key(one), quantity: 1 })),
    }],
  }
}
const returnOf = (lines: readonly Cells[]): unknown => {
  const line = lines[0] ?? {}
  return {
    ...{ returnOrderNo: at(line, 'RETURN ORDER NUMBER'), returnType: 'CUSTOMER' },
    ...{ status: 'CREDIT_NOTE_CREATED', createdDate: at(line, 'Return Created Date'), updatedAt },
    ...{ custOrderNo: at(line, 'Cust Order No'), fwdShipmentId: null, fwdAwb: at(line, 'FWD AWB') },
    ...{
      returnShipmentId: null,
      returnCarrier: 'DELHIVERY',
      returnAwb: blank(at(line, 'Return AWB No')),
    },
    ...{ threePlStatus: 'nan', deliveredDate: updatedAt, reason: 'Size', disposition: 'GOOD' },
    ...{ creditNoteNo: 'CN1', creditNoteDate: updatedAt, creditNoteValue: '100.00' },
    lines: lines.map((one) => ({
      ...{ sellerOrderNo: at(one, 'FWD Seller Order ID'), jioCode: at(one, 'JIOCODE') },
      ...{ sellerSku: at(one, 'SELLER SKU'), quantity: 1, qcReason: 'nan' },
    })),
  }
}
const settlementOf = (lines: readonly Cells[]): unknown => ({
  clearingDocNo: at(lines[0] ?? {}, 'Clearing doc no'),
  ...{ clearingDate: at(lines[0] ?? {}, 'Clearing date'), status: 'CLEARED', updatedAt },
  expectedSettlementDate: at(lines[0] ?? {}, 'Clearing date'),
  totalValue: `${lines.length * 90}.00`,
  lines: lines.map((line) => ({
    ...{ internalDocNo: at(line, 'Internal Document no'), journeyType: 'FORWARD', poNo: 'nan' },
    ...{ custOrderNo: at(line, 'Order No'), awb: at(line, 'AWB No'), shipmentId: 'nan' },
    ...{ invoiceNo: 'nan', creditNoteNo: 'nan', grossValue: '100.00', commission: '-10.00' },
    ...{ logistics: '0', feeGst: '0', tcs: '0', tds: '0', penalty: '0', penaltyReason: 'nan' },
    netValue: '90.00',
  })),
})

const groups = (
  { lines }: Report,
  name: string,
): readonly (readonly Cells[])[] => [...Map.groupBy(lines, (line) => at(line, name)).values()]
type Row = OrderRow | ReturnRow | PayoutRow
const rowsOf = (
  read: (
    raw: unknown,
  ) => { readonly row: Row } | { readonly rejected: { readonly reason: string } },
  raws: readonly unknown[],
): readonly Row[] =>
  raws.map((raw) => {
    const told = read(raw)
    if ('rejected' in told) throw new Error(`Not accepted: ${told.rejected.reason}`)
    return told.row
  })

/** As a page of a sync, in the hands of a worker. */
const sync = async (
  house: ImportHouse,
  target: 'ORDERS' | 'RETURNS' | 'PAYOUTS',
  rows: readonly Row[],
): Promise<void> => {
  const { accountId } = house
  const asked = await send(house, csvOf(orderReport(1)))
  const { entry, runId } = await lease(house, asked)
  const keys = await world.keyring.forSeller(entry, { willSeal: 1_000 })
  const prepared = preparePage(keys, { accountId, target }, rows)
  expect(prepared.malformed).toEqual([])
  const page = { rows, rejected: [], received: rows.length, cursor: null }
  const place = { accountId, target, runId, cursorSeq: null }
  await world.fresh.db.withSellerScope(
    entry,
    (scope) => storePage(scope, keys, place, page, prepared, noCounts),
  )
}

/** Everything that stands in the leaves, but for what tells when and by whom it was written. */
const leaves = (sellerId: string) =>
  world.fresh.asSuperuser(async (admin) => {
    const found: Record<string, readonly unknown[]> = {}
    for (
      const [table, key] of [
        ...[['orders', 'external_order_id'], ['order_items', 'external_item_id']],
        ...[['shipments', 'external_shipment_id'], ['order_returns', 'external_return_id']],
        ...[['order_return_items', 'external_item_id'], ['return_awbs', 'awb']],
        ...[['marketplace_payouts', 'external_payout_id'], [
          'payout_line_items',
          'external_line_id',
        ]],
      ] as const
    ) {
      const rows = await admin.unsafe<Record<string, unknown>[]>(
        `select * from ${table} where seller_id = $1 order by ${key}, 1`,
        [sellerId],
      )
      found[table] = rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).filter(([name]) =>
            !/(?:^|_)id$|_hash$|_enc$|_idx$|^created_at$|^updated_at$|^status_at$|^own_at$|^parcel_at$|dedup_key$/
              .test(
                name,
              ) ||
            name.startsWith('external_')
          ),
        )
      )
    }
    return found
  })

describe.each([
  {
    target: 'ORDERS' as const,
    report: orderReport(60),
    rows: (report: Report) => rowsOf(toOrderRow, groups(report, 'Cust Order No').map(orderOf)),
  },
  {
    target: 'RETURNS' as const,
    report: returnReport(40),
    rows: (report: Report) =>
      rowsOf(toReturnRow, groups(report, 'RETURN ORDER NUMBER').map(returnOf)),
  },
  {
    target: 'PAYOUTS' as const,
    report: {
      ...settlementReport(120),
      lines: settlementReport(120).lines.filter((line) => line['Clearing doc no'] !== 'nan'),
    },
    rows: (report: Report) =>
      rowsOf(toPayoutRow, groups(report, 'Clearing doc no').map(settlementOf)),
  },
])('$target', ({ target, report, rows }) => {
  it('of a report and then of the gateway end as those of the gateway alone', async () => {
    const [first, alone, last] = [
      await openHouse(world),
      await openHouse(world),
      await openHouse(world),
    ]
    await sync(alone, target, rows(report))
    const wanted = await leaves(alone.seller.sellerId)
    expect(Object.values(wanted).flat().length).toBeGreaterThan(40)

    const view = await importWhole(first, csvOf(report))
    expect(view).toMatchObject({ state: 'SUCCEEDED', lines: { rejected: 0 } })
    await sync(first, target, rows(report))
    expect(await leaves(first.seller.sellerId)).toEqual(wanted)

    // and the other way round: the report is older, so it tells no more than when things happened
    await sync(last, target, rows(report))
    expect((await importWhole(last, csvOf(report))).rows).toMatchObject({ new: 0 })
    expect(await leaves(last.seller.sellerId)).toEqual(wanted)
  })
})
