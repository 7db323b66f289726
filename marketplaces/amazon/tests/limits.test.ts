import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callVerb, sandboxContext } from 'robnu/testing'
import { expect, onTestFinished, test } from 'vitest'
import { limits } from '../limits.ts'
import amazon from '../mod.ts'
import startSandbox from '../sandbox.ts'
import { rates } from '../sandbox/rates.ts'
import { connect, startWorld } from './support.ts'

test("the adapter's buckets are the sandbox's, and each is corrected by Amazon's header", () => {
  for (const { operation, ratePerSecond, burst, rateHeader } of limits) {
    expect({ operation, ...rates[operation] }).toEqual({ operation, ratePerSecond, burst })
    expect(rateHeader).toBe('x-amzn-RateLimit-Limit')
  }
})

test('an empty bucket is a 429 until the clock has filled it again', async () => {
  const world = await startWorld({ limited: true })
  const account = await connect(world)
  const change = { sku: 'COT100-S', listingId: null, quantity: 1, version: 1 }
  const push = () => amazon.adapter.pushInventory?.(account, [change], world.ctx)
  for (let times = 0; times < 5; times++) await push()
  await expect(push()).rejects.toMatchObject({ kind: 'rate-limit' })
  await world.control('clock', { bySeconds: 1 })
  expect(await push()).toEqual([{ sku: 'COT100-S', outcome: 'accepted' }])
})

test('quantities, feeds under way and subscriptions outlive a restart of the sandbox', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'amazon-sandbox-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const config = { notifications: { queueUrl: 'https://q.invalid/1', destinationId: 'd-1' } }
  const start = async () => {
    const sandbox = await startSandbox({ dir, seed: 7, speed: 0, env: {} })
    const inner = sandboxContext(sandbox, { hosts: amazon.hosts, limits: amazon.limits ?? [] })
    const ctx = { ...inner, config }
    const account = await connect({ sandbox, ctx: inner })
    return { sandbox, ctx, account }
  }
  const skus = Array.from({ length: 33 }, (_, at) => ['S', 'M'].map((size) => `${at}-${size}`))
  const changes = ['COT100-S', 'COT100-M', ...skus.flat()].map((sku) => ({
    ...{ sku, listingId: null, quantity: 3, version: 1 },
  }))
  const first = await start()
  await amazon.adapter.verify(first.account, first.ctx)
  await expect(amazon.adapter.pushInventory?.(first.account, changes, first.ctx))
    .rejects.toMatchObject({ code: 'not-ready' })
  await first.sandbox.stop()

  const second = await start()
  await callVerb(second.sandbox, 'clock', { bySeconds: 400 })
  const results = await amazon.adapter.pushInventory?.(second.account, changes, second.ctx) ?? []
  const accepted = results.filter(({ outcome }) => outcome === 'accepted')
  expect(accepted.map(({ sku }) => sku)).toEqual(['COT100-S', 'COT100-M'])
  await amazon.adapter.verify(second.account, second.ctx)
  const operations = second.ctx.requests.map(({ operation }) => operation)
  expect(operations).not.toContain('createFeed')
  expect(operations).not.toContain('createSubscription')
  await second.sandbox.stop()
})
