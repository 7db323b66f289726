import fc from 'fast-check'
import { type Context, failureOf, type OrderRow, type Schema, type StepResult } from 'robnu/plugin'
import { expect, test } from 'vitest'
import ajio from '../mod.ts'
import { blow, type Json, struck } from './blows.ts'
import { batchOf, emptyShelf, run } from './host.ts'
import { startWorld } from './world.ts'

const kebab = /^[a-z0-9][a-z0-9:._-]{0,79}$/

test('a broken answer in the middle of a batch is a failure or a held order, never a crash', async () => {
  const world = await startWorld()
  const { orderIds } = await world.control('seedDay', { n: 250 }) as { orderIds: string[] }
  const shelf = emptyShelf<OrderRow>()
  await run(world, ajio.adapter.syncOrders, shelf)
  const ended = { done: 0, held: 0, failed: 0 }
  let next = 0
  const at = fc.nat({ max: 9 })
  await fc.assert(
    fc.asyncProperty(at, fc.array(blow, { minLength: 1, maxLength: 3 }), async (at, blows) => {
      const row = shelf.rows.get(orderIds[next++] ?? '')
      if (!row) throw new Error('there are too few orders')
      const batch = batchOf([row], { id: `batch-${next}` })
      const [order] = batch.orders
      if (!order?.invoice) throw new Error('the order has its invoice')
      const invoice = { ...order.invoice, number: `F${next}` }
      let asked = 0
      const http: Context['http'] = async <T>(schema: Schema<T>, url: string, init = {}) => {
        const answer = await world.ctx.http(anything, url, init) as Json
        const told = asked++ === at
          ? blows.reduce((json, each) => struck(json, each), answer)
          : answer
        const result = await schema['~standard'].validate(told)
        if (!result.issues) return result.value
        throw Object.assign(new Error('no'), { [failed]: true, kind: 'bad-response' })
      }
      const steps = ajio.adapter.fullProcessing?.(
        world.account,
        { ...batch, orders: [{ ...order, invoice }] },
        { ...world.ctx, http, download: () => Promise.resolve(paper) },
      )
      try {
        for await (const result of steps ?? []) {
          expectForm(result)
          if (result.outcome === 'held') ended.held += 1
          else if (result.step === 'close' && result.order !== null) ended.done += 1
        }
      } catch (error) {
        expect(failureOf(error), String(error)).toBeDefined()
        ended.failed += 1
      }
    }),
    { numRuns: 240, seed: 20260814 },
  )
  expect([ended.done > 20, ended.held > 5, ended.failed > 50]).toEqual([true, true, true])
})

const paper = { sha256: '0', byteSize: 1, mime: 'application/pdf', storageKey: 'documents/paper' }
const failed = Symbol.for('robnu.failure')
const anything: Schema = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
}

const expectForm = ({ code, message, order, outcome, status }: StepResult): void => {
  if (code !== undefined) expect(code).toMatch(kebab)
  expect((message ?? '').length).toBeLessThanOrEqual(500)
  if (outcome === 'held') expect([order === null, code === undefined]).toEqual([false, false])
  if (order === null) expect(status).toBeUndefined()
}
