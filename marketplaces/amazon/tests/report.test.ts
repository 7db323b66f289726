/** The sandbox over a real sale report: what goes in must come out, dirt included. */
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { csvRecords } from 'robnu/testing'
import { expect, onTestFinished, test } from 'vitest'
import startSandbox from '../sandbox.ts'
import { emptyLedger, type Ledger, run, startWorld } from './support.ts'

const reportFile = '../shared/data/amazon-sale-report/amazon-sale-report.csv.gz'
const path = fileURLToPath(new URL(`../../../${reportFile}`, import.meta.url))
const present = await access(path).then(() => true, () => false)
if (!present) {
  process.stdout.write(`Not checked against the real sale report: there is no "${reportFile}"\n`)
}

test('a small report with every kind of dirt', async () => {
  const row = (id: string, sku: string, more: Partial<Record<Column, string>> = {}) => ({
    ...plain,
    'Order ID': id,
    SKU: sku,
    ...more,
  })
  const [one, two, three, four] = [
    '171-0000001-0000001',
    '171-0000002-0000002',
    '171-0000003-0000003',
    '171-0000004-0000004',
  ]
  const ledger = await walk(
    await csvOf([
      row(one, 'A', { Amount: '406.0' }),
      row(one, 'A', { Amount: '406.0' }), // the whole row twice: one line
      row(one, 'B', { Amount: '', currency: '' }),
      row('S02-1234567-7654321', 'A', { 'Sales Channel ': 'Non-Amazon', Amount: '', currency: '' }),
      row(two, 'A', { Amount: '', currency: '', Qty: '0', Status: 'Cancelled' }),
      row(two, 'A', { Amount: '487.05' }), // the same SKU in another row: a second line
      row(three, 'A', { Status: 'Pending', Amount: '99.9', 'ship-state': 'rajshthan' }),
      row(four, 'A', {
        Status: 'Cancelled',
        Amount: '',
        currency: '',
        'ship-city': '',
        'ship-state': '',
        'ship-postal-code': '',
      }),
    ]),
  )
  expect(ledger.rejected.map(({ key, reason }) => [key, reason])).toEqual([
    ['S02-1234567-7654321', 'not-an-amazon-order'],
  ])
  expect(ledger.orders.get(one)).toMatchObject({
    status: 'DELIVERED',
    totalPaise: 40600,
    stateCode: '27',
    items: [{ sku: 'A', totalPaise: 40600 }, { sku: 'B', totalPaise: null }],
    customer: { address: { city: 'MUMBAI', state: 'MAHARASHTRA', postalCode: '400081' } },
  })
  expect(ledger.orders.get(two)).toMatchObject({
    totalPaise: 48705,
    items: [{ quantity: 0, totalPaise: null }, { quantity: 1, totalPaise: 48705 }],
  })
  expect(ledger.orders.get(three)).toMatchObject({
    status: 'NEW',
    onHold: true,
    totalPaise: 9990,
    stateCode: '08',
  })
  expect(ledger.orders.get(four)).toMatchObject({
    status: 'CANCELLED',
    totalPaise: null,
    stateCode: null,
    customer: { address: { city: null, state: null, postalCode: null } },
  })
})

test('a report that cannot be read is one sentence', async () => {
  const start = (file: string) => startSandbox({ env: { ROBNU_SANDBOX_AMAZON_ORDERS: file } })
  const sentence = /^Cannot read ROBNU_SANDBOX_AMAZON_ORDERS ".*": \S/
  const broken: [string, string][] = [
    ['/nowhere/at/all.csv', 'ENOENT'],
    [await fileWith('a,b\n1,2\n'), 'it has no column "Order ID"'],
    [await fileWith('a,b\n'), 'it has no rows'],
    [await fileWith('no archive', 'report.csv.gz'), 'incorrect header check'],
    [await csvOf([{ ...plain, Status: 'Melted' }]), 'it has the unknown status "Melted"'],
    [await csvOf([{ ...plain, Date: '30.04.22' }]), 'it has the unreadable date "30.04.22"'],
  ]
  for (const [file, why] of broken) {
    const failed = await start(file).then(() => undefined, (error: Error) => error.message)
    expect(failed).toMatch(sentence)
    expect(failed).toContain(why)
  }
})

test.skipIf(!present)('the first 3,000 rows of the real report come out whole', async () => {
  const file = await csvOf(await headOf(path, 3000))
  const ledger = await walk(file)
  expect(totals(ledger)).toEqual(await totalsOf(file))
  expect(totals(ledger).orders).toBeGreaterThan(2500)
})

// a quarter of a minute on an idle machine: too long for every run
const proof = process.env.ROBNU_PROOF === '1'
if (present && !proof) {
  process.stdout.write('Not walked: the whole sale report, this takes ROBNU_PROOF=1\n')
}
test.skipIf(!present || !proof)('the whole of the real report comes out whole', async () => {
  const ledger = await walk(path)
  expect(totals(ledger)).toEqual(await totalsOf(path))
  expect(totals(ledger)).toMatchObject({ orders: 120_254, lines: 128_845, foreign: 124 })
}, 180_000)

const walk = async (file: string): Promise<Ledger> => {
  const world = await startWorld({ env: { ROBNU_SANDBOX_AMAZON_ORDERS: file } })
  const ledger = emptyLedger()
  await run(world, ledger)
  expect(ledger.orders.size + ledger.rejected.length).toBe(world.sandbox.accounts[0]?.orders)
  return ledger
}

const totals = ({ orders, rejected }: Ledger) => {
  const rows = [...orders.values()]
  const items = rows.flatMap((row) => row.items)
  return {
    orders: rows.length,
    lines: items.length,
    pieces: items.reduce((sum, { quantity }) => sum + quantity, 0),
    paise: items.reduce((sum, { totalPaise }) => sum + (totalPaise ?? 0), 0),
    orderPaise: rows.reduce((sum, { totalPaise }) => sum + (totalPaise ?? 0), 0),
    foreign: rejected.filter(({ reason }) => reason === 'not-an-amazon-order').length,
  }
}

/** Straight from the file, by rules of its own. */
const totalsOf = async (file: string): Promise<ReturnType<typeof totals>> => {
  const [ids, foreign, lines] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const sum = { pieces: 0, paise: 0 }
  for await (const { index: _, ...row } of csvRecords(file)) {
    const id = row['Order ID'] ?? ''
    if (!/^[0-9]{3}-[0-9]{7}-[0-9]{7}$/.test(id)) {
      foreign.add(id)
      continue
    }
    ids.add(id)
    const line = JSON.stringify(row)
    if (lines.has(line)) continue
    lines.add(line)
    const [rupees = '', fraction = ''] = (row.Amount || '0').split('.')
    sum.paise += Number(rupees + fraction.padEnd(2, '0').slice(0, 2))
    sum.pieces += Number(row.Qty)
  }
  return {
    orders: ids.size,
    lines: lines.size,
    ...sum,
    orderPaise: sum.paise,
    foreign: foreign.size,
  }
}

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
  'Qty': '1',
  'currency': 'INR',
  'Amount': '647.62',
  'ship-city': 'MUMBAI',
  'ship-state': 'MAHARASHTRA',
  'ship-postal-code': '400081.0',
  'ship-country': 'IN',
  'B2B': 'False',
}
type Column = keyof typeof plain

const headOf = async (file: string, count: number): Promise<Record<string, string>[]> => {
  const rows: Record<string, string>[] = []
  for await (const row of csvRecords(file)) {
    rows.push(row)
    if (rows.length === count) break
  }
  return rows
}

const csvOf = (rows: readonly Readonly<Record<string, string>>[]): Promise<string> => {
  const quoted = (cells: readonly string[]) =>
    cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')
  const names = Object.keys(rows[0] ?? {})
  // each row has a running number of its own
  const lines = rows.map((row, at) =>
    quoted(names.map((name) => name === 'index' ? String(at) : row[name] ?? ''))
  )
  return fileWith([quoted(names), ...lines].join('\n'))
}

const fileWith = async (text: string, name = 'report.csv'): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'sale-report-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  await writeFile(join(dir, name), text)
  return join(dir, name)
}
