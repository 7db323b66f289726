import { sandboxContext } from 'robnu/testing'
import { expect, test } from 'vitest'
import { settlementReports } from '../imports/settlements.ts'
import { type Json, type Shop, startShop } from './sandbox-shop.ts'

const correlation = (digit: number) => `5e7d9f3a-1f4e-4b6a-8f2e-00000000000${digit}`
const ask = (shop: Shop, type: string, digit = 1, days: object = {}) =>
  shop.ask(`/reports/${type}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${shop.secret.access_token}` },
    body: JSON.stringify({
      correlation_id: correlation(digit),
      parameters: { from_date: '2026-07-01', to_date: '2026-08-14', ...days },
    }),
  })

/** The finished report; one that fails or is gone at once is asked for again. */
const made = async (shop: Shop, type: string): Promise<Json> => {
  for (let digit = 1; digit < 9; digit++) {
    const { report_id: id } = (await ask(shop, type, digit)).json
    await shop.wait(280)
    const { json } = await shop.ask(`/reports/${id}/detail`)
    if (json.status === 'COMPLETED') return json
  }
  throw new Error('every report failed')
}

test('the workbook of the settlements holds the NEFTs that the ledger is to show', async () => {
  const shop = await startShop()
  const { location } = await made(shop, 'settled_transaction_ledger')
  const context = sandboxContext(shop.sandbox)
  const paid = new Map<string, { paise: number; lines: number }>()
  for (const { signature, sheet, groupBy = [], rows } of settlementReports) {
    const table = await context.table(location, {
      ...{ signature, groupBy },
      ...(sheet === undefined ? {} : { sheet }),
    })
    if (!table) throw new Error(`the workbook has no sheet ${sheet}`)
    const results = rows(table.columns, table.records, {
      externalAccountId: shop.id,
      now: context.now(),
    })
    for await (const result of results) {
      if ('skipped' in result) continue
      if ('rejected' in result) throw new Error(result.rejected)
      const { externalId, lines } = result.row
      const before = paid.get(externalId) ?? { paise: 0, lines: 0 }
      const sum = lines.reduce((total, { net }) => total + Math.round(Number(net) * 100), 0)
      paid.set(externalId, { paise: before.paise + sum, lines: before.lines + lines.length })
    }
  }
  const { accounts } = await shop.control('ledger', { account: shop.id })
  const wanted = accounts[shop.id].payouts.map(({ id, amount, lines }: Json) => [id, {
    paise: Math.round(Number(amount) * 100),
    lines,
  }])
  expect(wanted.length).toBeGreaterThan(8)
  expect(new Map(wanted)).toEqual(paid)
})

test('a report is triggered, made, there for some days, and gone', async () => {
  const shop = await startShop()
  const first = await ask(shop, 'settled_transaction_ledger')
  expect((await ask(shop, 'settled_transaction_ledger')).json).toEqual(first.json)
  const detail = () => shop.ask(`/reports/${first.json.report_id}/detail`)
  expect((await detail()).json.status).toBe('TRIGGERED')
  const { location, metadata } = await made(shop, 'settled_transaction_ledger')
  expect(metadata.expiry).toMatch(/\+05:30$/)
  const file = new URL(location)
  const open = () => shop.ask(file.pathname + file.search, { headers: {} })
  expect((await open()).status).toBe(200)
  expect((await shop.ask(file.pathname, { headers: {} })).status).toBe(403)
  await shop.wait(4 * 86_400)
  expect((await open()).status).toBe(403)
  expect(['EXPIRED', 'FAILED']).toContain((await detail()).json.status)
  const wrong = [
    ask(shop, 'no_such_report'),
    ask(shop, 'orders_report', 1, { from_date: '2026-08-20' }),
    ask(shop, 'orders_report', 1, { from_date: '2020-01-01' }),
  ]
  for (const { status } of await Promise.all(wrong)) expect(status).toBe(400)
})

test('reports fail now and then, and are a service that has to be bought', async () => {
  const shop = await startShop()
  const ends = new Set<string>()
  for (let digit = 0; digit < 120; digit++) {
    const id = `5e7d9f3a-1f4e-4b6a-8f2e-${String(digit).padStart(12, '0')}`
    const { json } = await shop.ask('/reports/returns_report', {
      method: 'POST',
      headers: { authorization: `Bearer ${shop.secret.access_token}` },
      body: JSON.stringify({
        correlation_id: id,
        parameters: { from_date: '2026-08-01', to_date: '2026-08-14' },
      }),
    })
    await shop.wait(280)
    ends.add((await shop.ask(`/reports/${json.report_id}/detail`)).json.status)
    if (ends.size === 3) break
  }
  expect(ends).toEqual(new Set(['COMPLETED', 'EXPIRED', 'FAILED']))
  const env = { ROBNU_SANDBOX_FLIPKART_REPORT_SECONDS: '0' }
  const quick = await startShop(0, { env })
  const { json } = await ask(quick, 'returns_report')
  const now = await quick.ask(`/reports/${json.report_id}/detail`)
  expect(now.json.status).toBe('COMPLETED')
  await quick.control('sellReports', { account: quick.id, on: false })
  expect((await ask(quick, 'settled_transaction_ledger')).status).toBe(403)
  const { accounts } = await quick.control('ledger', { account: quick.id })
  expect(accounts[quick.id].payouts).toEqual([])
})

test('a NEFT is paid on Mondays and Thursdays, with what was delivered by then', async () => {
  const shop = await startShop()
  const { orderIds: [orderId] } = await shop.place()
  await shop.control('advance', { orderId, to: 'DELIVERED' })
  const nefts = async () => (await shop.control('ledger', {})).accounts[shop.id].payouts
  const before = (await nefts()).length
  await shop.wait(4 * 86_400)
  expect((await nefts()).length).toBe(before + 1)
  const now = await shop.control('createOrders', { account: shop.id })
  await shop.control('advance', { orderId: now.orderIds[0], to: 'end' })
  const { neftId, amount } = await shop.control('closeSettlement', { account: shop.id })
  expect((await nefts()).at(-1)).toMatchObject({ id: neftId, amount })
})

test('listings take stock in tens, each SKU with an end of its own', async () => {
  const shop = await startShop()
  const path = '/listings/v3/update/inventory'
  const { json: read } = await shop.get('/listings/v3/CAP-SPT-S,WAL-LTH-M,NOBODY')
  expect(read.unavailable).toEqual(['NOBODY'])
  const stock = (fsn: string, inventory: number, id = shop.location) => ({
    product_id: fsn,
    locations: [{ id, inventory, status: 'ENABLED' }],
  })
  const cap = read.available['CAP-SPT-S'].product_id
  const { json } = await shop.post(path, {
    'CAP-SPT-S': stock(cap, 7),
    'WAL-LTH-M': stock('short', 7),
    'CAP-SPT-M': stock(cap, 7),
    'CAP-SPT-L': stock(cap, -1),
    'NOBODY': stock(cap, 7),
  })
  expect(Object.values(json).map((one: Json) => [one.status, one.errors[0]?.code])).toEqual([
    ['SUCCESS', undefined],
    ['FAILURE', 'INVALID_PRODUCT_ID'],
    ['FAILURE', 'INVALID_PRODUCT_ID'],
    ['FAILURE', 'INVALID_PRODUCT_ID'],
    ['FAILURE', 'INVALID_SKU'],
  ])
  const elsewhere = await shop.post(path, { 'CAP-SPT-S': stock(cap, 9, 'LOC0') })
  expect(elsewhere.json['CAP-SPT-S'].errors[0].code).toBe('INVALID_LOCATION')
  const again = (await shop.get('/listings/v3/CAP-SPT-S')).json.available['CAP-SPT-S']
  expect(again.locations[0].inventory).toBe(7)
  const eleven = Object.fromEntries(
    Array.from({ length: 11 }, (_, at) => [`S${at}`, stock(cap, 1)]),
  )
  expect((await shop.post(path, eleven)).status).toBe(400)
  const price = {
    'CAP-SPT-S': { product_id: cap, price: { mrp: 599, selling_price: 299.5, currency: 'INR' } },
  }
  expect((await shop.post('/listings/v3/update/price', price)).json['CAP-SPT-S'].status).toBe(
    'SUCCESS',
  )
  const found = (await shop.post('/listings/v3/search', { filters: {} })).json
  expect(found.listings).toHaveLength(30)
})
