import fc from 'fast-check'
import { failureOf, type Page } from 'robnu/plugin'
import { expect, test } from 'vitest'
import { syncOrders } from '../orders.ts'
import { syncReturns } from '../returns.ts'
import type { Cursor } from '../schemas.ts'
import { syncPayouts } from '../settlements.ts'
import { blow, type Json, struck } from './blows.ts'
import { anOrder, answering, aReturn, aSettlement, connection } from './support.ts'

const buyer = { name: 'Asha Rao', phone: '+919812345678', line1: 'Flat 12, Lotus Lane' }
const anOrderWithBuyer = () => {
  const order = anOrder()
  return { ...order, shipTo: { ...order.shipTo, ...buyer } }
}
const aFairSettlement = () => {
  const settlement = aSettlement()
  return { ...settlement, totalValue: settlement.lines[0].netValue }
}
interface Row {
  readonly externalId: string
  readonly updatedAt: Date
  readonly totalPaise?: number | null
}
const lists: readonly {
  readonly name: string
  readonly sample: () => Json
  readonly sync: (
    account: ReturnType<typeof connection>,
    request: { readonly cursor: null; readonly reason: 'manual' },
    ctx: ReturnType<typeof answering>,
  ) => AsyncIterable<Page<Row, Cursor>>
}[] = [
  { name: 'orders', sample: anOrderWithBuyer, sync: syncOrders },
  { name: 'returns', sample: aReturn, sync: syncReturns },
  { name: 'settlements', sample: aFairSettlement, sync: syncPayouts },
]

for (const { name, sample, sync } of lists) {
  test(`300 broken pages of ${name} end as rows, rejections or a failure, never as a crash`, async () => {
    let [accepted, rejected, failed] = [0, 0, 0]
    const strikes = fc.array(blow, { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(strikes, async (blows) => {
        const body = {
          content: [sample(), sample(), sample(), sample()],
          page: 0,
          totalPages: 1,
          totalElements: 4,
        }
        const broken = blows.reduce<Json>((json, each) => struck(json, each), body)
        const ctx = answering(() => ({ body: JSON.stringify(broken) }))
        const said: unknown[] = []
        try {
          for await (const page of sync(connection(), { cursor: null, reason: 'manual' }, ctx)) {
            expect(page.rows.length + page.rejected.length).toBe(page.received)
            accepted += page.rows.length
            rejected += page.rejected.length
            said.push(page.rejected.map(({ key, reason }) => ({ key, reason })))
            for (const { externalId, updatedAt, totalPaise = 0 } of page.rows) {
              expect(externalId).toMatch(/^[\w./-]{1,80}$/)
              expect(updatedAt.getTime()).not.toBeNaN()
              expect(Number.isSafeInteger(totalPaise ?? 0)).toBe(true)
            }
            if (page.cursor.walk && page.cursor.walk.page > 3) break // a body that never ends
          }
        } catch (error) {
          failed += 1
          expect(failureOf(error)?.kind).toBe('bad-response')
          said.push(String(error))
        }
        const words = JSON.stringify([said, ctx.logged])
        for (const secret of Object.values(buyer)) expect(words).not.toContain(secret)
      }),
      { numRuns: 300, seed: 20260814 },
    )
    expect([accepted > 200, rejected > 200, failed > 8]).toEqual([true, true, true])
  })
}
