import fc from 'fast-check'
import { type Context, failureOf, type Schema, type StepResult } from 'robnu/plugin'
import { expect, test } from 'vitest'
import amazon from '../mod.ts'
import { blow, type Json, struck } from './blows.ts'
import { batchOf, newOrders, openShop } from './processing-host.ts'
import { renewed } from './support.ts'

const kebab = /^[a-z0-9][a-z0-9:._-]{0,79}$/

test.each([[true, 120], [false, 50]] as const)(
  'a broken answer in a batch is a failure or a held order, never a crash (external: %s)',
  async (ef_enabled, runs) => {
    const shop = await openShop({ ef_enabled, ef_location_ids: ['EXDL'] })
    const orders = await newOrders(shop, runs)
    const ended = { done: 0, held: 0, failed: 0 }
    let next = 0
    const at = fc.nat({ max: ef_enabled ? 16 : 12 })
    await fc.assert(
      fc.asyncProperty(at, fc.array(blow, { minLength: 1, maxLength: 3 }), async (at, blows) => {
        const order = orders[next++]
        if (!order) throw new Error('there are too few orders')
        if (next % 5 === 0) shop.account = await renewed(shop.account, shop.world.ctx)
        let asked = 0
        const http: Context['http'] = async <T>(schema: Schema<T>, url: string, init = {}) => {
          const answer = await shop.ctx.http(anything, url, init) as Json
          const told = asked++ === at
            ? blows.reduce((json, each) => struck(json, each), answer)
            : answer
          const result = await schema['~standard'].validate(told)
          if (!result.issues) return result.value
          throw Object.assign(new Error('no'), { [failed]: true, kind: 'bad-response' })
        }
        const download = () => Promise.resolve(paper)
        const ctx = { ...shop.ctx, http, download }
        const done: StepResult[] = []
        try {
          // the papers of Easy Ship take some minutes
          for (let call = 0; call < 6; call++) {
            const waits = await settled(async () => {
              const batch = batchOf([order], { done: [...done] })
              const steps = amazon.adapter.fullProcessing?.(shop.account, batch, ctx)
              for await (const result of steps ?? []) {
                expectForm(result)
                done.push(JSON.parse(JSON.stringify(result)))
              }
            })
            if (!waits) break
            await shop.pass(150)
          }
          const last = done.at(-1)
          if (done.some(({ outcome }) => outcome === 'held')) ended.held += 1
          else if (last?.step === 'close' && last.order !== null) ended.done += 1
        } catch (error) {
          expect(failureOf(error), String(error)).toBeDefined()
          ended.failed += 1
        }
      }),
      { numRuns: runs, seed: 20260814, endOnFailure: true },
    )
    expect([ended.done > 5, ended.held + ended.failed > 10], JSON.stringify(ended))
      .toEqual([true, true])
  },
)

/** True: Amazon is not ready, and the batch comes again. */
const settled = async (work: () => Promise<void>): Promise<boolean> => {
  try {
    await work()
    return false
  } catch (error) {
    if (failureOf(error)?.code === 'not-ready') return true
    throw error
  }
}

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
