/** One sale report by both ways: as an upload, and as the orders of the sandbox that a sync brings. */
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { OrderRow } from 'robnu/plugin'
import { csvRecords, fakeContext } from 'robnu/testing'
import { expect, onTestFinished, test } from 'vitest'
import { orderReport } from '../imports/orders.ts'
import { emptyLedger, run, startWorld } from './support.ts'

const reportFile = '../shared/data/amazon-sale-report/amazon-sale-report.csv.gz'
const path = fileURLToPath(new URL(`../../../${reportFile}`, import.meta.url))
const present = await access(path).then(() => true, () => false)
if (!present) {
  process.stdout.write(`Not imported: the real sale report, there is no "${reportFile}"\n`)
}

test('an invented report with every word and every dirt is the same by both ways', async () => {
  const words = [
    ...['Pending', 'Pending - Waiting for Pick Up', 'Cancelled', 'Shipping', 'Shipped'],
    ...['Shipped - Picked Up', 'Shipped - Out for Delivery', 'Shipped - Delivered to Buyer'],
    ...['Shipped - Rejected by Buyer', 'Shipped - Returning to Seller', 'Shipped - Damaged'],
    ...['Shipped - Returned to Seller', 'Shipped - Lost in Transit'],
  ]
  const order = (number: number) => `171-0000001-${String(number).padStart(7, '0')}`
  const rows = [
    ...words.map((Status, at) => ({ 'Order ID': order(at), Status })),
    ...words.map((Status, at) => ({
      ...{ 'Order ID': order(100 + at), Status, Fulfilment: 'Amazon', Amount: '', currency: '' },
    })),
    ...[{}, {}, { SKU: 'B', Amount: '' }, { Amount: '487.05' }, { SKU: 'C', Qty: '0' }].map((
      one,
    ) => ({
      ...{ 'Order ID': order(200), ...one },
    })),
    { 'Order ID': order(300), 'ship-city': '', 'ship-state': '', 'ship-postal-code': '' },
    { 'Order ID': order(301), 'ship-state': 'rajshthan', 'Date': '05-01-22' },
    { 'Order ID': 'S02-1234567-7654321', 'Sales Channel ': 'Non-Amazon' },
  ].map((change, at) => ({ ...plain, ...change, index: String(at) }))
  const counted = await compare(await csvOf(rows))
  expect(counted).toEqual({ orders: 29, foreign: 1 })
})

test.skipIf(!present)(
  'the first 3,000 lines of the real report are the same by both ways',
  async () => {
    const head: Record<string, string>[] = []
    for await (const row of csvRecords(path)) {
      head.push(row)
      if (head.length === 3000) break
    }
    const { orders } = await compare(await csvOf(head))
    expect(orders).toBeGreaterThan(2500)
  },
)

// half a minute on an idle machine: too long for every run
const proof = process.env.ROBNU_PROOF === '1'
if (present && !proof) {
  process.stdout.write('Not imported: the whole sale report, this takes ROBNU_PROOF=1\n')
}
test.skipIf(!present || !proof)('the whole real report is the same by both ways', async () => {
  expect(await compare(path)).toEqual({ orders: 120_254, foreign: 124 })
}, 300_000)

/** Order by order: everything that a report can know. */
const compare = async (file: string): Promise<{ orders: number; foreign: number }> => {
  const world = await startWorld({ env: { ROBNU_SANDBOX_AMAZON_ORDERS: file } })
  const ledger = emptyLedger()
  await run(world, ledger)
  const foreign = new Set<string>()
  const imported = new Map<string, OrderRow>()
  for await (const result of importOf(file, new Date(world.now()))) {
    if ('row' in result) {
      expect(imported.has(result.row.externalId)).toBe(false)
      imported.set(result.row.externalId, result.row)
    } else if ('rejected' in result) {
      expect(result).toMatchObject({ rejected: 'not-an-amazon-order' })
      foreign.add(result.key ?? '')
    } else throw new Error(`a line was left out: ${result.skipped}`)
  }
  expect(imported.size).toBe(ledger.orders.size)
  for (const [id, row] of ledger.orders) {
    const other = imported.get(id)
    // one comparison of a hundred thousand is dear: only what differs is looked at
    const [wanted, found] = [known(row), other && known(other)]
    if (JSON.stringify(wanted) !== JSON.stringify(found)) expect(found).toEqual(wanted)
    // a line that the API calls by its own id is called by its SKU here
    expect(other?.updatedAt.getTime()).toBeLessThanOrEqual(row.updatedAt.getTime())
  }
  expect([...foreign].toSorted()).toEqual(ledger.rejected.map(({ key }) => key).toSorted())
  return { orders: imported.size, foreign: foreign.size }
}

/** As the host reads an upload. */
async function* importOf(file: string, now: Date) {
  const body = new Uint8Array(await readFile(file))
  const ctx = fakeContext({ respond: () => ({ body }) })
  const table = await ctx.table('https://report.invalid/all-orders.csv', orderReport)
  if (!table) throw new Error('the file is not known by its headings')
  const account = { externalAccountId: 'A1DEMOSELLERIN', now }
  yield* orderReport.rows(table.columns, table.records, account)
}

/**
 * Not compared, because the sandbox invents it: the time of the day, when it is to be shipped, line ids,
 * the buyer's name and street.
 */
const known = (row: OrderRow) => ({
  id: row.externalId,
  ...{ status: row.status, onHold: row.onHold, currency: row.currency },
  ...{ totalPaise: row.totalPaise, fulfilledBy: row.fulfilledBy, stateCode: row.stateCode },
  day: new Date(row.orderedAt.getTime() + 5.5 * 3_600_000).toISOString().slice(0, 10),
  place: [
    row.customer?.address?.city,
    row.customer?.address?.state,
    row.customer?.address?.postalCode,
  ].map((text) => text?.trim() || null),
  items: row.items.map((
    { sku, listingId, title, quantity, totalPaise, cancelledQuantity = 0 },
  ) => ({
    ...{ sku, listingId, title: title?.replaceAll(/\s+/g, ' '), quantity, totalPaise },
    cancelledQuantity,
  })),
})

const plain = {
  'index': '0',
  'Order ID': '171-0000001-0000001',
  'Date': '04-30-22',
  'Status': 'Shipped - Delivered to Buyer',
  'Fulfilment': 'Merchant',
  'Sales Channel ': 'Amazon.in',
  'ship-service-level': 'Standard',
  'Style': 'SET389',
  'SKU': 'SET389-S',
  'Category': 'Set',
  'Size': 'S',
  'ASIN': 'B09KXVBD7Z',
  'Courier Status': 'Shipped',
  'Qty': '1',
  'currency': 'INR',
  'Amount': '647.62',
  'ship-city': 'MUMBAI',
  'ship-state': 'MAHARASHTRA',
  'ship-postal-code': '400081.0',
  'ship-country': 'IN',
  'promotion-ids': 'one,two',
  'B2B': 'False',
  'fulfilled-by': 'Easy Ship',
  'Unnamed: 22': '',
}

const csvOf = async (rows: readonly Readonly<Record<string, string>>[]): Promise<string> => {
  const quoted = (cells: readonly string[]) =>
    cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')
  const names = Object.keys(rows[0] ?? {})
  const lines = rows.map((row) => quoted(names.map((name) => row[name] ?? '')))
  const dir = await mkdtemp(join(tmpdir(), 'sale-report-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  await writeFile(join(dir, 'report.csv'), [quoted(names), ...lines].join('\n'))
  return join(dir, 'report.csv')
}
