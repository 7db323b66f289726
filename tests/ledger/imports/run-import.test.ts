/** Whole imports against a database: every line has its result, and nothing is written twice. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { importFile } from '../../../core/ledger/imports/run-import.ts'
import type { ReportImport } from '../../../core/plugin.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import {
  csvOf,
  lineAt,
  orderReport,
  returnReport,
  settlementReport,
  valuesOf,
} from './support/ajio-files.ts'
import {
  type ImportHouse,
  importWhole,
  lease,
  openHouse,
  send,
  slice,
  viewOf,
} from './support/house.ts'
import { changed } from './support/told.ts'
import { workbookOf } from './support/zip.ts'

let world: World
let house: ImportHouse
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  house = await openHouse(world)
})

const tables = [
  ...['orders', 'order_items', 'shipments', 'order_returns', 'quarantined_rows', 'audit_events'],
] as const
const counts = async (of: readonly (typeof tables)[number][] = tables) => {
  const found: Record<string, number> = {}
  for (const table of of) {
    const [row] = await world.fresh.asSuperuser((admin) =>
      admin.unsafe<{ n: number }[]>(
        `select count(*)::int as n from ${table} where seller_id = $1`,
        [house.seller.sellerId],
      )
    )
    found[table] = row?.n ?? -1
  }
  return found
}
/** What stands of the seller's orders, without what tells when it was written. */
const ledger = (sellerId: string) =>
  world.fresh.asSuperuser(async (admin) => ({
    orders: [
      ...await admin`
        select external_order_id, status, raw_status, ordered_at, source_updated_at, total_paise,
          item_count from orders where seller_id = ${sellerId} order by 1`,
    ],
    items: [
      ...await admin`
        select o.external_order_id, i.external_item_id, i.sku, i.quantity, i.cancelled_quantity,
          i.total_paise from order_items i join orders o using (seller_id)
        where i.order_id = o.id and seller_id = ${sellerId} order by 1, 2`,
    ],
    shipments: [
      ...await admin`
        select external_shipment_id, status, awb from shipments
        where seller_id = ${sellerId} order by 1`,
    ],
  }))

describe('an import', () => {
  it('of an order report stores each order, its lines and its parcel, and tells every line', async () => {
    const report = orderReport(900)
    const bad = { 3: { 'Cust Order Date': 'soon' }, 9: { 'POB ID': 'DV7' } }
    const view = await importWhole(house, csvOf(changed(report, bad)))
    expect(view).toMatchObject({
      ...{ state: 'SUCCEEDED', failure: null, file_name: 'report.csv' },
      report: { id: 'ajio-orders', name: 'AJIO DropShip order report', target: 'ORDERS' },
      sections: [{ name: '', heading_line: 4, last_line: 4 + report.lines.length }],
    })
    const { lines, rows } = view
    expect(lines.accepted + lines.skipped + lines.rejected).toBe(report.lines.length)
    expect(lines.skipped_reasons).toEqual({ 'other-pob': 1 })
    expect(lines.rejected_reasons['bad-date']).toBe(1)
    const found = await counts()
    expect(found['orders']).toBe(rows.new)
    expect(found['order_items']).toBe(lines.accepted)
    expect(found['quarantined_rows']).toBe(lines.rejected)
  })

  it('of a return report and of a payment report stores them to the paisa', async () => {
    const returns = await importWhole(house, workbookOf({ RTV: valuesOf(returnReport(600)) }))
    expect(returns).toMatchObject({
      state: 'SUCCEEDED',
      rows: { new: 600 },
      lines: { rejected: 0 },
    })
    const report = settlementReport(1_200)
    const view = await importWhole(house, csvOf(report, { delimiter: '\t' }))
    expect(view).toMatchObject({ state: 'SUCCEEDED', lines: { accepted: 1_200, rejected: 0 } })
    const paise = report.lines.reduce((total, line) => {
      const value = Math.round(Number((line['Value'] ?? '').replaceAll(',', '')) * 100)
      return total + (line['Journey Type'] === 'RETURN' ? -Math.abs(value) : value)
    }, 0)
    const [sum] = await world.fresh.asSuperuser((admin) =>
      admin<{ n: number; lines: number }[]>`
        select (sum(lines_amount) * 100)::float8 as n, sum(line_count)::int as lines
        from marketplace_payouts where seller_id = ${house.seller.sellerId}`
    )
    expect(sum).toEqual({ n: paise, lines: 1_200 })
    expect((await counts())['order_returns']).toBe(600)
  })

  it('of the same file changes nothing, of a corrected one the difference alone', async () => {
    const report = orderReport(300)
    const first = await importWhole(house, csvOf(report))
    expect(first.rows).toEqual({ new: 300, changed: 0, unchanged: 0 })
    const before = await counts()
    const again = await importWhole(house, csvOf(report))
    expect(again.rows).toEqual({ new: 0, changed: 0, unchanged: 300 })
    // but for the event of who sent it
    expect(await counts()).toEqual({ ...before, audit_events: (before['audit_events'] ?? 0) + 1 })
    const corrected = changed(report, {
      5: { 'Status': 'Cancelled' },
      8: { 'Seller SKU': 'OTHER' },
    })
    const third = await importWhole(house, csvOf(corrected))
    expect(third.rows).toMatchObject({ new: 0, changed: 2, unchanged: 298 })
    const payments = settlementReport(300)
    await importWhole(house, csvOf(payments))
    expect((await importWhole(house, csvOf(payments))).rows).toMatchObject({ new: 0, changed: 0 })
    const more = changed(payments, { 7: { 'Value': '1.25' } })
    expect((await importWhole(house, csvOf(more))).rows).toMatchObject({ new: 0, changed: 1 })
  })

  it('tells of any line what became of it', async () => {
    const report = orderReport(40)
    const bad = { 10: { 'JioCode': '' }, 20: { 'POB ID': 'DV7' } }
    const view = await importWhole(house, csvOf(changed(report, bad)))
    const { imports, seller } = house
    const of = async (ask: Parameters<typeof imports.lines>[2]) =>
      (await imports.lines(seller.entry, view.id, ask))?.lines
    const one = async (line: number) =>
      (await of({ line, limit: 50 }))?.map(({ result, reason }) => [result, reason])
    expect(await one(lineAt(10))).toEqual([['rejected', 'line-without-key']])
    expect(await one(lineAt(20))).toEqual([['skipped', 'other-pob']])
    expect(await one(lineAt(30))).toEqual([['accepted', null]])
    for (const nowhere of [4, 9_999]) expect(await one(nowhere)).toEqual([])
    const all = await of({ limit: 200 }) ?? []
    const told = all.reduce((sum, { from_line, to_line }) => sum + to_line - from_line + 1, 0)
    expect(told).toBe(view.lines.skipped + view.lines.rejected)
    expect((await of({ limit: 200, result: 'skipped' }))?.length).toBe(1)
    const page = await imports.lines(seller.entry, view.id, { limit: 1 })
    expect(page?.next).toMatchObject({ section: 0 })
  })

  it('drops its file at the end, and says nothing about the health of the account', async () => {
    await world.fresh.asSuperuser((admin) =>
      admin`update marketplace_accounts set needs_reconnect = true, reconnect_reason = 'token'
        where id = ${house.accountId}`
    )
    const view = await importWhole(house, csvOf(orderReport(3)))
    const [row] = await world.fresh.asSuperuser((admin) =>
      admin`select i.storage_object_id, o.kept_at, a.needs_reconnect
        from imports i join storage_objects o on o.seller_id = i.seller_id
        join marketplace_accounts a on a.id = i.marketplace_account_id where i.id = ${view.id}`
    )
    expect(row).toEqual({ storage_object_id: null, kept_at: null, needs_reconnect: true })
  })
})

describe('an import that cannot be', () => {
  it.each([
    [
      'an old report',
      'Order Reference ID,Item Code,Selling Price INR\nFN1,441,999\n',
      'Known are: AJIO',
    ],
    ['a web page', '<html><body><table>', 'web page'],
    ['nothing', '', 'empty'],
  ])('of %s fails in words, at once', async (_what, text, words) => {
    const view = await importWhole(house, new TextEncoder().encode(text))
    expect(view).toMatchObject({ state: 'FAILED', failure: { kind: 'rejected' } })
    expect(view.failure?.message).toContain(words)
    expect((await counts())['orders']).toBe(0)
  })

  const unfaithful = (rows: ReportImport['rows']): ReportImport => ({
    ...{ id: 'x', name: 'X', target: 'ORDERS', signature: ['Cust Order No'], rows },
  })
  it.each<[string, ReportImport['rows'], string]>([
    ['loses a line', async function* (_columns, records) {
      for await (const { line } of records) if (line > 6) yield { lines: [line], skipped: 'fine' }
    }, 'lost 2 lines'],
    ['tells one twice', async function* (_columns, records) {
      for await (const { line } of records) {
        yield { lines: [line], skipped: 'fine' }
        yield { lines: [line], skipped: 'fine' }
      }
    }, 'tells line 5 twice'],
    ['makes one up', async function* (_columns, records) {
      for await (const { line } of records) yield { lines: [line + 1], skipped: 'fine' }
    }, 'made it up'],
    ['tells of no line', async function* (_columns, records) {
      for await (const _record of records) yield { lines: [], skipped: 'fine' }
    }, 'no line'],
  ])('because its reader %s fails as a bad response', async (_what, rows, words) => {
    house = await openHouse(world, { reports: [unfaithful(rows)] })
    const view = await importWhole(house, csvOf(orderReport(4)))
    expect(view).toMatchObject({ state: 'FAILED', failure: { kind: 'bad-response' } })
    expect(view.failure?.message).toContain(words)
  })

  it('puts rows aside that have not the form of the contract, with their lines', async () => {
    const rows: ReportImport['rows'] = async function* (_columns, records) {
      for await (const { line } of records) yield { lines: [line], row: { externalId: `A${line}` } }
    }
    house = await openHouse(world, { reports: [unfaithful(rows)] })
    const view = await importWhole(house, csvOf(orderReport(4)))
    expect(view.state).toBe('SUCCEEDED')
    expect(view.lines.rejected_reasons).toEqual({ 'malformed-row': view.lines.told })
  })
})

describe('an import that is interrupted', () => {
  /** Dies with the n-th page from now on. */
  const dying = (deaths: readonly number[]) => {
    let page = 0
    return {
      ...world.deps.keyring,
      forSeller: (...asked: Parameters<typeof world.deps.keyring.forSeller>) => {
        if (asked[1] && deaths.includes(++page)) throw new Error('killed')
        return world.deps.keyring.forSeller(...asked)
      },
    }
  }

  it('goes on behind what it has told, whichever page it dies at', async () => {
    const report = changed(orderReport(1_300), { 300: { 'JioCode': '' }, 700: { 'POB ID': 'X' } })
    const file = csvOf(report)
    const whole = await importWhole(house, file)
    const wanted = await ledger(house.seller.sellerId)
    house = await openHouse(world, { keyring: dying([1, 3, 5]) })
    const broken = await importWhole(house, file)
    expect(broken.lines).toEqual(whole.lines)
    expect(broken.rows).toEqual(whole.rows)
    expect(broken.sections).toEqual(whole.sections)
    expect(await ledger(house.seller.sellerId)).toEqual(wanted)
  })

  it('is put back after its slice, and when the process is about to stop', async () => {
    let time = 0
    house = await openHouse(world, { sliceMs: 10, now: () => time += 30 })
    const asked = await send(house, csvOf(orderReport(1_100)))
    const first = await slice(house, asked)
    expect(first).toMatchObject({ state: 'RUNNING', finished_at: null })
    expect(first.lines.told).toBeGreaterThan(0)
    const draining = AbortSignal.abort()
    const second = await slice(house, asked, { draining })
    expect(second.lines.told).toBe(first.lines.told)
    let view = second
    for (let n = 0; n < 20 && !view.finished_at; n++) view = await slice(house, asked)
    expect(view).toMatchObject({ state: 'SUCCEEDED', rows: { new: 1_100 } })
  })

  it('stops when it is called off; what it has stored stays', async () => {
    let time = 0
    house = await openHouse(world, { sliceMs: 10, now: () => time += 30 })
    const asked = await send(house, csvOf(orderReport(1_100)))
    const first = await slice(house, asked)
    await house.imports.cancel(house.seller.entry, asked.id)
    const view = await slice(house, asked)
    expect(view).toMatchObject({
      ...{ state: 'CANCELLED', failure: { kind: 'cancelled' } },
      rows: { new: first.rows.new },
    })
    expect(first.rows.new).toBeGreaterThan(0)
    expect((await counts())['orders']).toBe(first.rows.new)
    expect(await house.imports.cancel(house.seller.entry, asked.id)).toEqual(view)
  })

  it('does nothing in the hands of a worker whose lease is lost', async () => {
    const asked = await send(house, csvOf(orderReport(50)))
    const work = await lease(house, asked)
    const other = await lease(house, asked)
    const never = new AbortController().signal
    const signals = { signal: never, draining: never }
    await expect(importFile(house.deps, work, signals)).rejects.toMatchObject({
      code: 'lease-lost',
    })
    expect((await counts())['orders']).toBe(0)
    await importFile(house.deps, other, signals)
    expect(await viewOf(house, asked)).toMatchObject({ state: 'SUCCEEDED', rows: { new: 50 } })
  })
})
