/** Exports: every row once, as it stands in the ledger, whatever becomes of the process that writes. */
import { parse } from 'csv-parse/sync'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PluginDeps } from '../../core/ledger/plugin-context.ts'
import { sweepObjects } from '../../core/storage/sweep.ts'
import { silentLog } from '../../core/log.ts'
import { makeAccount, makeSeller, type TestSeller } from '../support/database.ts'
import { alias } from './exporter.ts'
import { type ExportHouse, isHere, openExportHouse, type Told } from './house.ts'
import { makeOrders, makePayout } from './rows.ts'

type Rows = readonly Readonly<Record<string, string>>[]
const rowsOf = (text: string): Rows => parse(text, { columns: true, bom: true })
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe.skipIf(!isHere)('an export (plugins/exports)', () => {
  let house: ExportHouse
  let seller: TestSeller
  let other: TestSeller
  let first: string
  let second: string
  beforeAll(async () => {
    house = await openExportHouse()
    ;[seller, other] = [await makeSeller(house.fresh.db), await makeSeller(house.fresh.db)]
    first = await makeAccount(house.fresh, seller)
    second = await makeAccount(house.fresh, seller)
    const strange = await makeAccount(house.fresh, other)
    await makeOrders(house.fresh, { seller, accountId: first, count: 30, items: true })
    await makeOrders(house.fresh, { seller, accountId: second, from: 31, count: 12, items: true })
    await makeOrders(house.fresh, { seller: other, accountId: strange, count: 5 })
    for (const [day, lines] of [[1, 1_500], [2, 0], [3, 0], [4, 2_700], [5, 1]] as const) {
      await makePayout(house.fresh, { seller, accountId: first, day, lines })
    }
  })
  afterAll(() => house?.close())

  const create = (body: object) => house.ask(seller, 'post', '/exports', { body })
  const lastMessage = async () => {
    const message = (await house.messagesOf(seller)).at(-1)
    if (!message) throw new Error('unreachable: it was sent')
    return message
  }
  const view = (id: string) => house.ask(seller, 'get', '/exports/{id}', { params: { id } })
  const link = (id: string) => house.ask(seller, 'get', '/exports/{id}/link', { params: { id } })
  const fetched = async (id: string): Promise<{ told: Told; bytes: Uint8Array; text: string }> => {
    const told = await link(id)
    const bytes = new Uint8Array(await (await fetch(told.url)).arrayBuffer())
    return { told, bytes, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) }
  }
  const exported = async (body: object): Promise<string> => {
    const { id } = await create(body)
    await house.work(seller)
    return (await fetched(id)).text
  }

  it('holds each order of the seller as it stands there, and can be resumed', async () => {
    const { id, state } = await create({ what: 'orders' })
    expect(state).toBe('WAITING')
    await expect(link(id)).rejects.toMatchObject({ code: 'not-found' })
    await house.work(seller)
    expect(await view(id)).toMatchObject({ state: 'DONE', rows: 42, error: null })
    const { told, bytes, text } = await fetched(id)
    expect(told).toMatchObject({ bytes: bytes.length, sha256: sha256(bytes) })
    expect(told.file_name).toMatch(/^orders-2\d{3}-\d\d-\d\d-[0-9a-f]{8}\.csv$/)
    const rows = rowsOf(text)
    expect(rows.map(({ order }) => order)).toEqual(
      Array.from({ length: 42 }, (_, n) => `OD-${n + 1}`),
    )
    expect(rows[4]).toMatchObject({
      ...{
        marketplace: 'BAZAAR',
        account: 'Test',
        account_id: first,
        status: 'NEW',
        total: '0.05',
      },
      ...{ on_hold: 'false', currency: 'INR', state_code: '29', item_count: '1', ship_by: '' },
      ordered_at: '2026-01-01T05:30:05+05:30',
    })
    // a download that was cut off goes on
    const rest = await fetch(told.url, { headers: { range: 'bytes=100-' } })
    expect(rest.status).toBe(206)
    expect(new Uint8Array(await rest.arrayBuffer())).toEqual(bytes.subarray(100))
    const [object] = await house.fresh.asSuperuser((admin) =>
      admin`select storage_key, mime, state, kms_key_alias, encode(sha256, 'hex') as sha256
        from storage_objects where id = ${id}`
    )
    expect(object?.['storage_key']).toMatch(
      new RegExp(`^exports/${seller.sellerId}/2\\d{3}-\\d\\d-\\d\\d/${id}\\.csv$`),
    )
    expect({ ...object }).toMatchObject({
      ...{ state: 'STORED', mime: 'text/csv', kms_key_alias: alias },
      sha256: sha256(bytes),
    })
    const events = await house.fresh.asSuperuser((admin) =>
      admin`select action, target from audit_events where seller_id = ${seller.sellerId} order by seq`
    )
    expect(events.map((one) => ({ ...one }))).toEqual([
      { action: 'exports.requested', target: `export:${id}` },
      { action: 'exports.link-given', target: `export:${id}` },
    ])
  })

  it('of lines has each of them once, and what a spreadsheet would run is text', async () => {
    const text = await exported({ what: 'order-lines', excel: true })
    expect(text.startsWith('\uFEFFmarketplace,')).toBe(true)
    const rows = rowsOf(text)
    expect(rows).toHaveLength(42)
    expect(rows[0]).toMatchObject({ order: 'OD-1', line: 'I-1', total: '0.01' })
    expect(rows[0]?.['title']).toBe('\'=HYPERLINK("x")')
    expect(text).toContain(`"'=HYPERLINK(""x"")"`)

    const lines = rowsOf(await exported({ what: 'payout-lines' }))
    const stored = await house.fresh.asSuperuser((admin) =>
      admin`select l.id, p.external_payout_id as payout, l.net_amount::text as net_amount
        from payout_line_items l join marketplace_payouts p on p.id = l.marketplace_payout_id
        order by p.settles_on, l.external_line_id collate "C", l.id`
    )
    expect(stored).toHaveLength(4_201)
    expect(lines.map(({ line_id, payout, net_amount }) => ({ id: line_id, payout, net_amount })))
      .toEqual(stored.map((one) => ({ ...one })))
  })

  it('of what others wrote has all of it, though it holds what a line is made with', async () => {
    const strange = 'a\x1f=1\x1e\n-2,"b"\t\u2028'
    await house.fresh.asSuperuser((admin) =>
      admin`update orders set raw_status = ${strange} where external_order_id = 'OD-7'
        and seller_id = ${seller.sellerId}`
    )
    const rows = rowsOf(await exported({ what: 'orders' }))
    expect(rows).toHaveLength(42)
    expect(rows.map(({ raw_status }) => raw_status).slice(5, 8))
      .toEqual(['wwww', 'a =1 \n-2,"b"\t\u2028', 'wwww'])
    const line = (await exported({ what: 'orders', format: 'jsonl' })).split('\n')[6] ?? ''
    expect(JSON.parse(line)).toMatchObject({ order: 'OD-7', raw_status: strange })
  })

  it('holds what was asked for: days of India, a state, an account', async () => {
    const day = { from: '2026-01-01', to: '2026-01-01' }
    const orders = async (more: object) =>
      rowsOf(await exported({ what: 'orders', ...more })).map(({ order }) => order)
    expect(await orders(day)).toHaveLength(42)
    expect(await orders({ to: '2025-12-31' })).toEqual([])
    expect(await orders({ from: '2026-01-01T05:30:41+05:30' })).toEqual(['OD-41', 'OD-42'])
    expect(await orders({ to: '2026-01-01T00:00:03Z' })).toEqual(['OD-1', 'OD-2'])
    expect(await orders({ status: 'DELIVERED', account: second })).toEqual([
      ...['OD-33', 'OD-36', 'OD-39', 'OD-42'],
    ])
    const payouts = rowsOf(
      await exported({ what: 'payouts', from: '2026-01-02', to: '2026-01-04' }),
    )
    expect(payouts.map(({ payout, amount }) => [payout, amount])).toEqual([
      ...[['P-2', '1234.5000'], ['P-3', '1234.5000'], ['P-4', '1234.5000']],
    ])
  })

  it('of every kind can be read, as lines of JSON too', async () => {
    for (const what of ['shipments', 'returns', 'stock']) {
      expect(await exported({ what, format: 'jsonl' })).toBe('')
      expect(await exported({ what })).toMatch(/^[a-z_]+(,[a-z_]+)+\r\n$/)
    }
    const lines = (await exported({ what: 'orders', format: 'jsonl' })).trimEnd().split('\n')
    expect(lines).toHaveLength(42)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      ...{ order: 'OD-1', item_count: 1, on_hold: false, total: '0.01', ship_by: null },
    })
  })

  it('refuses what cannot be meant', async () => {
    for (
      const body of [
        ...[{ what: 'buyers' }, { what: 'stock', account: first }, {
          what: 'stock',
          from: '2026-01-01',
        }],
        ...[{ what: 'orders', status: 'PAID' }, { what: 'orders', format: 'jsonl', excel: true }],
        ...[{ what: 'orders', from: '2026-01-02', to: '2026-01-01' }, {
          what: 'orders',
          from: 'now',
        }],
        { what: 'orders', seller_id: other.sellerId },
      ]
    ) await expect(create(body), JSON.stringify(body)).rejects.toThrow('invalid')
  })

  it('gives nobody more than they may read', async () => {
    const some = { only: null, except: [first] }
    const limited = (permission: string) =>
      permission === 'orders:read' ? some : { only: [], except: [] }
    const ask = (body: object) => house.ask(seller, 'post', '/exports', { body }, limited)
    const { id } = await ask({ what: 'orders' })
    await house.work(seller)
    expect(rowsOf((await fetched(id)).text).map(({ account_id }) => account_id))
      .toEqual(Array.from({ length: 12 }, () => second))
    await expect(ask({ what: 'payouts' })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(ask({ what: 'orders', account: first })).rejects.toMatchObject({
      code: 'not-found',
    })
    // what others have gathered of more is not there
    const whole = await create({ what: 'orders' })
    await house.work(seller)
    const get = (id: string) =>
      house.ask(seller, 'get', '/exports/{id}/link', { params: { id } }, limited)
    await expect(get(whole.id)).rejects.toMatchObject({ code: 'not-found' })
    expect((await get(id)).url).toContain(id)
    const list = await house.ask(seller, 'get', '/exports', {}, limited)
    const listed = list.data.map((one) => one.id)
    expect(listed).toContain(id)
    expect(listed).not.toContain(whole.id)
    // nor is another seller's
    const foreign = house.ask(other, 'get', '/exports/{id}', { params: { id: whole.id } })
    await expect(foreign).rejects.toMatchObject({ code: 'not-found' })
    expect((await house.ask(other, 'get', '/exports')).data).toEqual([])
    const page = await house.ask(seller, 'get', '/exports', { query: { limit: '1' } })
    expect(page).toMatchObject({ data: [{ id: whole.id }], page: { next: whole.id } })
    const next = await house.ask(seller, 'get', '/exports', {
      query: { limit: '1', cursor: whole.id },
    })
    expect(next.data.map((one) => one.id)).toEqual([id])
  })

  it('that is cancelled is not written, and one that is done stays', async () => {
    const { id } = await create({ what: 'orders' })
    const cancel = (id: string) =>
      house.ask(seller, 'post', '/exports/{id}/cancel', { params: { id } })
    expect(await cancel(id)).toMatchObject({ state: 'CANCELLED' })
    await house.work(seller)
    expect(await view(id)).toMatchObject({ state: 'CANCELLED', rows: 0 })
    const done = await create({ what: 'orders' })
    await house.work(seller)
    expect(await cancel(done.id)).toMatchObject({ state: 'DONE' })
    expect((await fetched(done.id)).bytes.length).toBeGreaterThan(1_000)
  })

  it('that fails five times in a row says so, and is tried no more', async () => {
    const { id } = await create({ what: 'orders' })
    const message = await lastMessage()
    for (let n = 1; n < 5; n++) {
      await expect(house.deliver(message.body, endless(house))).rejects.toThrow('a fault of ours')
      expect(await view(id)).toMatchObject({ state: 'RUNNING', error: /tried again/ })
    }
    await house.deliver(message.body, endless(house))
    expect(await view(id)).toMatchObject({ state: 'FAILED', error: /ask for it again/ })
    await house.work(seller)
    await expect(link(id)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('is written from its beginning where the storage has given its file up', async () => {
    const { id } = await create({ what: 'orders' })
    const message = await lastMessage()
    await expect(house.deliver(message.body, endless(house))).rejects.toThrow('a fault of ours')
    expect(await view(id)).toMatchObject({ state: 'RUNNING', rows: 42 })
    await house.fresh.asSuperuser(async (admin) => {
      await admin`delete from plugin_file_parts where file_id = ${id}`
      await admin`update plugin_files set upload_id = null where id = ${id}`
    })
    await house.deliver(message.body)
    expect(await view(id)).toMatchObject({ state: 'DONE', rows: 42 })
    expect(rowsOf((await fetched(id)).text)).toHaveLength(42)
  })

  it('is there for its days, and no longer', async () => {
    const { id } = await create({ what: 'orders' })
    await house.work(seller)
    const { told } = await fetched(id)
    const sweep = (days: number) =>
      sweepObjects({
        ...{ db: house.fresh.db, files: house.files, appending: house.appending, log: silentLog },
        now: () => Date.now() + days * 24 * 3_600_000,
      })
    await sweep(29)
    expect((await fetch(told.url)).status).toBe(200)
    await sweep(31)
    expect((await fetch(told.url)).status).toBe(404)
    await expect(link(id)).rejects.toMatchObject({ code: 'not-found' })
  })
})

/** One whose files never come to their end. */
const endless = ({ deps }: ExportHouse): PluginDeps => ({
  ...deps,
  pluginFiles: (by) => {
    const files = deps.pluginFiles?.(by)
    if (!files) throw new Error('unreachable: the house has files')
    return { ...files, finish: () => Promise.reject(new Error('a fault of ours')) }
  },
})
