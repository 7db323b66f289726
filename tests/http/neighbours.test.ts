/** A seller who asks for fifty times what is fair, and the one next door. */
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ask } from '../isolation/clients.ts'
import { openWholeApp, type WholeApp } from '../isolation/whole-app.ts'
import { freshDatabase } from '../support/database.ts'

/** By `ROBNU_NEIGHBOURS`: `npm run proof -- neighbours` asks more often, and looks at the clock. */
const isProof = process.env['ROBNU_NEIGHBOURS'] !== undefined
const requests = Number(process.env['ROBNU_NEIGHBOURS'] ?? 10)
const quota = 1_000_000
const noise = 50
/** Between two requests of one sender: what both of them ask for must not be all that there is. */
const restMs = 100

let app: WholeApp
beforeAll(async () => {
  const limits = `burst=${quota}/3600,write=${quota}/3600,address=${quota}/3600`
  app = await openWholeApp(await freshDatabase({ maxConnections: 8 }), { sellers: 2, limits })
}, 60_000)
afterAll(() => app?.close())

/** Milliseconds of each request, one after the other with a rest between them. */
const ask = async (quiet: Ask): Promise<readonly number[]> => {
  const took: number[] = []
  for (let n = 0; n < requests; n++) {
    const began = performance.now()
    const { status } = await quiet('GET', '/v1/orders?limit=20')
    took.push(performance.now() - began)
    expect(status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, restMs))
  }
  return took
}
const p95 = (took: readonly number[]): number =>
  took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.95)] ?? 0

test('a neighbour is answered, however much is asked next door', async () => {
  const [quiet, noisy] = app.parties
  if (quiet === undefined || noisy === undefined) throw new Error('There are no neighbours')
  await ask(quiet.ask)
  const alone = p95(await ask(quiet.ask))

  const counts = new Map<number, number>()
  let isOver = false
  const shout = async (): Promise<void> => {
    while (!isOver) {
      const { status } = await noisy.ask('GET', '/v1/orders?limit=20')
      counts.set(status, (counts.get(status) ?? 0) + 1)
      await new Promise((resolve) => setTimeout(resolve, restMs))
    }
  }
  // as if all of it was used on other servers; what this one has leased is spent first
  await app.sql`
    update limit_windows set consumed = ${quota} where key = ${`burst:seller:${noisy.sellerId}`}`
  const shouting = Array.from({ length: noise }, shout)
  let beside = 0
  try {
    await expect.poll(() => counts.get(429), { timeout: 20_000 }).toBeGreaterThan(0)
    counts.clear()
    beside = p95(await ask(quiet.ask))
  } finally {
    isOver = true
    await Promise.all(shouting)
  }
  // those that were let in before, and are answered late
  expect(counts.get(200) ?? 0).toBeLessThan(noise)
  expect(counts.get(429)).toBeGreaterThan(requests)
  const ratio = Math.round(beside / alone * 100) / 100
  const ms = { alone: Math.round(alone * 10) / 10, beside: Math.round(beside * 10) / 10 }
  const refused = counts.get(429)
  process.stdout.write(`Neighbours: ${JSON.stringify({ requests, refused, p95Ms: ms, ratio })}\n`)
  if (isProof) expect(ratio).toBeLessThanOrEqual(1.5)
}, 120_000 + requests * 2_000)
