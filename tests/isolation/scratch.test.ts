import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { command, sql } from '../../core/db/sql.ts'
import { sqlState, constraintOf, openDatabase } from '../../core/db/scope.ts'
import { newId } from '../../core/ids.ts'
import { createKeyring } from '../../core/crypto/keyring.ts'
import { silentLog } from '../../core/log.ts'
import { fakeKms } from '../crypto/fakes.ts'
import { prepareOrders } from '../../core/ledger/order-rows.ts'
import { storeOrders } from '../../core/ledger/store-orders.ts'
import { type FreshDatabase, freshDatabase, makeSeller, makeAccount, type TestSeller } from '../support/database.ts'
let fresh: FreshDatabase
let a: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 4 })
  await fresh.asSuperuser((s) => s.unsafe('grant update (id) on marketplace_accounts to robnu_gate'))
  a = await makeSeller(fresh.db)
})
afterAll(() => fresh.close())
const any = z.record(z.string(), z.unknown())
const attempt = async (name: string, work: () => Promise<unknown>) => {
  try { console.log(name, 'OK', JSON.stringify(await work())) } catch (e) { const x = e as any; console.log(name, 'ERR', x.constructor.name, x.code, sqlState(e), constraintOf(e), x.message, '| cause:', x.cause?.code, x.cause?.message) }
}
const item = (id: string, q = 1) => ({ externalId: id, sku: 's', listingId: null, title: 't', quantity: q, totalPaise: 100 })
const row = (id: string, at: number, items: any[], more = {}) => ({ externalId: id, status: 'NEW' as const, rawStatus: 'x', onHold: false, orderedAt: new Date(1e12), updatedAt: new Date(1e12 + at), shipBy: null, currency: 'INR', totalPaise: 100, fulfilledBy: null, stateCode: null, customer: { name: 'N', phone: '9', email: null, address: null }, items, ...more })
it('probe', async () => {
  const acc = await makeAccount(fresh, a)
  const vault = new Map()
  const ring = createKeyring({ db: fresh.db, kms: fakeKms(vault), aliasOf: () => 'alias/x', createMissingAlias: false, now: () => 1, log: silentLog })
  const run = newId()
  await attempt('request_work', () => fresh.db.withSellerScope(a.entry, (s) => s.any(sql.type(any)`select * from request_work(${a.sellerId}, ${acc}, 'ORDERS', 'manual', ${run}, ${newId()}, ${newId()}, 'q', null, null)`)))
  const store = async (rows: any[], hold?: Promise<unknown>) => {
    const keys = await ring.forSeller(a.entry, { willSeal: 1000 })
    const p = prepareOrders(keys, acc, rows)
    return fresh.db.withSellerScope(a.entry, async (s) => { const r = await storeOrders(s, keys, { accountId: acc, runId: run }, p.orders); await hold; return r })
  }
  await attempt('store', () => store([row('o1', 1, [item('a'), item('b')])]))
  await attempt('again', () => store([row('o1', 1, [item('a'), item('b')])]))
  await attempt('dup item', () => store([row('o2', 1, [item('a'), item('a')])]))
  await attempt('NUL', () => store([row('o3', 1, [item('a')], { rawStatus: 'x\u0000y' })]))
  await attempt('old date', () => store([row('o4', 1, [item('a')], { orderedAt: new Date(-8.64e15) })]))
  await attempt('surrogates', () => store([row('o\ud800', 1, [item('a')]), row('o\ud801', 1, [item('a')])]))
  await attempt('NUL in customer', () => store([row('o3', 1, [item('a')], { customer: {name: 'a\u0000b', phone: null, email: null, address: null} })]))
  // race: 1 holds the new order, 2 newer with fewer lines
  let go = () => {}
  const gate = new Promise<void>((r) => { go = r })
  const one = store([row('r1', 1, [item('a'), item('b')])], gate)
  await new Promise((r) => setTimeout(r, 300))
  const two = store([row('r1', 2, [item('a')])])
  await new Promise((r) => setTimeout(r, 300))
  go()
  console.log('race', JSON.stringify(await Promise.allSettled([one, two])))
  console.log('race rows OK', JSON.stringify(await fresh.asSuperuser((s) => s`select o.item_count, (select array_agg(i.external_item_id) from order_items i where i.order_id = o.id) as lines from orders o where external_order_id = 'r1'`)))
  // deadlock
  let go2 = () => {}
  const gate2 = new Promise<void>((r) => { go2 = r })
  const n = 400
  const list = Array.from({ length: n }, (_, i) => `d${i}`)
  const res = await Promise.allSettled([store(list.map((x) => row(x, 1, [item('a')]))), store(list.toReversed().map((x) => row(x, 2, [item('a')])))])
  console.log('deadlock', JSON.stringify(res.map((x: any) => x.status === 'rejected' ? x.reason.message : { ...x.value, written: 0 })))
  const res2 = await Promise.allSettled([store(list.map((x) => row(x, 3, [item('a')]))), store(list.toReversed().map((x) => row(x, 4, [item('a')])))])
  console.log('deadlock2', JSON.stringify(res2.map((x: any) => x.status === 'rejected' ? x.reason.message : { ...x.value, written: 0 })))
  const res3 = await Promise.allSettled([store(['q1'].map((x) => row(x, 3, [item('a')])), new Promise((r) => setTimeout(r, 300))), new Promise((r) => setTimeout(r, 100)).then(() => store(['q1'].map((x) => row(x, 3, [item('a')]))))])
  console.log('same twice OK', JSON.stringify(res3))
})
