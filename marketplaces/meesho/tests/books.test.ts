/** Days of a supplier with faults on: what was synced and processed is what the sandbox's books say. */
import { failureOf, type OrderRow, type PayoutRow, type Push, type ReturnRow } from 'robnu/plugin'
import { expect, test } from 'vitest'
import meesho from '../mod.ts'
import type { Cursor } from '../schemas.ts'
import type { MeeshoSync } from '../sync.ts'
import { kept } from './support.ts'
import { batchOf, process, startWorld, type World } from './world.ts'

const { syncOrders, syncReturns, syncPayouts } = meesho.adapter
const faults = ['429', '500', '503', 'timeout-after-commit', 'truncated-body']

interface Shelf<Row> {
  readonly rows: Map<string, Row>
  cursor: Cursor | null
  rejected: number
}
const emptyShelf = <Row>(): Shelf<Row> => ({ rows: new Map(), cursor: null, rejected: 0 })

/** One run to its end, as patient as the host; an older row never goes over a newer one. */
const run = async <Row extends { readonly externalId: string; readonly updatedAt: Date }>(
  world: World,
  sync: MeeshoSync<Row> | undefined,
  shelf: Shelf<Row>,
  put: (row: Row, known: Row | undefined) => Row = (row) => row,
): Promise<void> => {
  for (let tries = 0; tries < 100; tries++) {
    try {
      const request = { cursor: shelf.cursor, reason: 'schedule' } as const
      for await (const page of sync?.(world.account, request, world.ctx) ?? []) {
        for (const row of page.rows) {
          const known = shelf.rows.get(row.externalId)
          const isOlder = known && known.updatedAt > row.updatedAt
          if (!isOlder) shelf.rows.set(row.externalId, put(row, known))
        }
        shelf.cursor = kept(page.cursor)
        shelf.rejected += page.rejected.length
      }
      return
    } catch (error) {
      const kind = failureOf(error)?.kind
      if (!['unavailable', 'rate-limit', 'bad-response'].includes(kind ?? '')) throw error
      await world.pass(5)
    }
  }
  throw new Error('The run did not come to an end')
}

/** Lines that are stored stay; those that are paid leave their forecast, and an empty one goes. */
const withLines = (row: PayoutRow, known: PayoutRow | undefined): PayoutRow => ({
  ...row,
  lines: [
    ...new Map([...known?.lines ?? [], ...row.lines].map((one) => [one.externalId, one])).values(),
  ],
})
const payoutsOf = ({ rows }: Shelf<PayoutRow>) => {
  const all = [...rows.values()]
  const paid = new Set(
    all.filter(({ forecast }) => !forecast).flatMap((one) => one.lines.map((l) => l.externalId)),
  )
  return all.map(({ externalId: id, status: state, forecast, lines }) => {
    const left = forecast ? lines.filter((line) => !paid.has(line.externalId)) : lines
    const paise = left.reduce((sum, { net }) => sum + Math.round(Number(net) * 100), 0)
    return { id, state, amount: (paise / 100).toFixed(2), lines: left.length }
  }).filter(({ lines }) => lines > 0)
}

const sorted = <T extends { readonly id: string }>(list: readonly T[]): readonly T[] =>
  list.toSorted((a, b) => a.id < b.id ? -1 : 1)

test.each([0, 1])(
  'five days of supplier %i, with faults on, end as its books say',
  async (at) => {
    const env = { ROBNU_SANDBOX_MEESHO_ORDERS_PER_DAY: '6' }
    const world = await startWorld(at, {}, env)
    const orders = emptyShelf<OrderRow>()
    const returns = emptyShelf<ReturnRow>()
    const payouts = emptyShelf<PayoutRow>()
    let processed = 0
    for (let day = 0; day < 5; day++) {
      await world.control('chaos', { seed: day + 1, rate: 0.1, kinds: faults })
      await world.pass(12 * 3600)
      await run(world, syncOrders, orders)
      const ready = [...orders.rows.values()].filter(({ status, onHold }) =>
        !onHold && ['NEW', 'ACKNOWLEDGED', 'READY_TO_SHIP'].includes(status ?? '')
      )
      const batch = await batchOf(world, ready.map(({ externalId }) => externalId), {
        id: `batch-${day}`,
      }, orders.rows)
      const { done } = await process(world, batch)
      processed += done.filter(({ step, outcome }) =>
        step === 'manifest' && outcome === 'done'
      ).length
      await world.pass(12 * 3600)
      await world.control('duplicateNextPush', { operation: 'orders', times: 2 })
      await run(world, syncOrders, orders)
      await run(world, syncReturns, returns)
      // files are slow to read: what was expected at first is paid in the end
      if (day % 4 === 0) await run(world, syncPayouts, payouts, withLines)
    }
    await world.control('chaos', { seed: 1, rate: 0 })
    const ledger = await world.ledger()
    expect(processed).toBeGreaterThan(10)
    expect([orders.rejected, returns.rejected, payouts.rejected]).toEqual([0, 0, 0])
    const told = [...orders.rows.values()].map((row) => ({
      ...{ id: row.externalId, state: row.status, onHold: row.onHold, totalPaise: row.totalPaise },
      items: row.items.map(({ externalId: id, quantity, cancelledQuantity: cancelled }) => ({
        ...{ id, quantity, cancelled },
      })),
    }))
    expect(sorted(told)).toEqual(sorted(ledger.orders as unknown as typeof told))
    const back = [...returns.rows.values()].map((row) => ({
      ...{ id: row.externalId, orderId: row.orderExternalId, kind: row.kind, state: row.status },
      quantity: row.items.reduce((sum, { quantity }) => sum + quantity, 0),
    }))
    // of a return that was lost Meesho has a word that is no state of ours: what was seen last stays
    const known = back.map((one) => one.state === null ? { ...one, state: 'IN_TRANSIT' } : one)
    expect(sorted(known)).toEqual(sorted(ledger.returns as unknown as typeof known))
    expect(sorted(payoutsOf(payouts))).toEqual(sorted(ledger.payouts))
    // one living parcel for each sub-order that has one, whatever was lost on the way
    expect(Math.max(...Object.values(ledger.parcels))).toBe(1)
  },
)

test('pushes are signed as we check them, tell where to look, and come twice as one event', async () => {
  const world = await startWorld(0, {}, { ROBNU_SANDBOX_MEESHO_ORDERS_PER_DAY: '20' })
  await world.pass(2 * 86_400)
  const { externalAccountId: supplier } = world.account
  const { pushes } = await world.control('pushes', { supplier }) as {
    pushes: { headers: Push['headers']; body: string; account: string }[]
  }
  const [webhook] = meesho.webhooks ?? []
  const ids: string[] = []
  for (const { headers, body, account: externalAccountId } of pushes) {
    const push: Push = { method: 'POST', path: '/webhooks/meesho/some-account', headers, body }
    expect(await webhook?.verify(push, world.account, world.ctx.now())).toBe(true)
    const later = new Date(world.ctx.now().getTime() + 301_000)
    expect(await webhook?.verify(push, world.account, later)).toBe(false)
    const note = webhook?.read(JSON.parse(body))
    expect(note?.externalAccountId).toBe(externalAccountId)
    ids.push(note?.id ?? '')
  }
  expect(pushes.length).toBeGreaterThan(40)
  // some are told twice
  expect(new Set(ids).size).toBeLessThan(ids.length)
})
