/**
 * PostgreSQL crashes and comes back while people ask and syncs run: whoever asks meanwhile is told to come
 * again, nothing is answered wrongly, and what comes out is what undisturbed work brings. `ROBNU_RESTARTS`
 * says how often, `ROBNU_AWAY_MS` how long it stays away each time.
 */
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readChain, readHead } from '#core/audit/chain.ts'
import { verifyChain } from '#core/audit/verify.ts'
import { crashPostgres } from '../../scripts/proof/support/crash.ts'
import type { House } from '../../scripts/proof/support/house.ts'
import { askForRun, connectShop } from '../../scripts/proof/support/runs.ts'
import type { Totals } from '../support/bazaar/sandbox/books.ts'
import { openBazaarHouse } from './house.ts'
import { tempHome } from './launcher.ts'

const restarts = Number(process.env['ROBNU_RESTARTS'] ?? 1)
const awayMs = Number(process.env['ROBNU_AWAY_MS'] ?? 300)
const limitMs = 60_000 + restarts * (awayMs + 15_000)
const place = tempHome()
let house: House
let stopServer: (() => Promise<void>) | undefined
beforeAll(async () => {
  house = await openBazaarHouse(place.path)
})
afterAll(async () => {
  await house?.close()
  await stopServer?.()
  await place.remove()
})

interface Seen {
  readonly status: number
  readonly retryAfter: string | null
  readonly code: unknown
}

test(
  'a database that restarts under load costs a 503 with Retry-After, and nothing else',
  async () => {
    await house.control('trouble', { slowMs: 40 })
    const app = await house.startApp({ ROBNU_RUN: 'api,worker,sweeps' })
    const client = await house.owner(app, 0)
    const accountId = await connectShop(client, house)
    const over = new AbortController()
    const seen: Seen[] = []
    const ask = async (method: string, path: string, body?: unknown): Promise<Seen> => {
      const { status, headers, body: json } = await client(method, path, body)
      return { status, retryAfter: headers.get('retry-after'), code: json['code'] }
    }
    const people = Array.from({ length: 4 }, async (_, i) => {
      while (!over.signal.aborted) {
        const path = ['/v1/orders?limit=200', '/v1/me', '/v1/runs', '/v1/marketplace-accounts'][i]
        seen.push(await ask('GET', path ?? ''))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    })
    const starter = (async () => {
      while (!over.signal.aborted) {
        seen.push(await ask('POST', `/v1/marketplace-accounts/${accountId}/sync`, {}))
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    })()
    const backMs: number[] = []
    for (let round = 0; round < restarts; round++) {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      const start = await crashPostgres(join(place.path, 'postgres'))
      await new Promise((resolve) => setTimeout(resolve, awayMs))
      stopServer = await start()
      const began = performance.now()
      while ((await ask('GET', '/v1/orders')).status !== 200) {
        if (performance.now() - began > 20_000) throw new Error('It does not come back')
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      backMs.push(Math.round(performance.now() - began))
    }
    over.abort()
    await Promise.all([...people, starter])

    const counts = Object.groupBy(seen, ({ status }) => String(status))
    expect(Object.keys(counts).toSorted()).toEqual(['200', '202', '503'])
    for (const one of counts['503'] ?? []) {
      expect(one.code).toBe('database-unavailable')
      expect(Number(one.retryAfter)).toBeGreaterThan(0)
    }
    expect(Math.max(...backMs)).toBeLessThan(5_000)

    await house.control('trouble', { slowMs: 0 })
    const runId = await askForRun(client, accountId)
    const books = await house.control('books', { shop: house.shop.external_account_id }) as Totals
    const end = performance.now() + 60_000
    for (;;) {
      const { body: run } = await client('GET', `/v1/runs/${runId}`)
      if (run['state'] === 'SUCCEEDED') break
      if (run['state'] === 'FAILED' || performance.now() > end) throw new Error(JSON.stringify(run))
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    const told = await house.asSuperuser(async (sql) => {
      const [row] = await sql<
        { seller_id: string; orders: number; lost: number; failed: number }[]
      >`
      select a.seller_id,
        (select count(*)::int from orders o where o.marketplace_account_id = a.id) as orders,
        (select count(*)::int from outbox where sent_at is null and not_before < now()
          - interval '1 min') as lost,
        (select count(*)::int from job_runs r where r.marketplace_account_id = a.id
          and r.target = 'ORDERS' and r.state = 'FAILED') as failed
      from marketplace_accounts a where a.id = ${accountId}`
      return row
    })
    expect(told).toMatchObject({ orders: books.orders, lost: 0, failed: 0 })
    const head = await readHead(house.everything, told?.seller_id ?? '').catch(() => undefined)
    // the connection of the looker was cut, too
    const again = head ?? await readHead(house.everything, told?.seller_id ?? '')
    expect(await verifyChain(readChain(house.everything, told?.seller_id ?? ''), again))
      .toMatchObject({ ok: true })
    // the clock ticks again: schedules were not lost with the store of the sweeps
    const ticks = await house.asSuperuser((sql) =>
      sql`select next_run_at from schedules where marketplace_account_id = ${accountId}
      and next_run_at > now()`
    )
    expect(ticks.length).toBeGreaterThan(0)
    await app.stop()
    const figures = {
      ...{ restarts, awayMs, backMs: Math.max(...backMs), asked: seen.length },
      refused: counts['503']?.length ?? 0,
    }
    process.stdout.write(`Restarted: ${JSON.stringify(figures)}\n`)
  },
  limitMs,
)
