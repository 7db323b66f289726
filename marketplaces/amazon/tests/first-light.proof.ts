/**
 * The demo with Amazon.in, from nothing: its numbers, its second start, and the lines it prints. Not in
 * the suite: `npm run proof -- first-light`, which CI runs on both runtimes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { paiseOf } from 'robnu/plugin'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { distinctLines, standingAt } from '../sandbox/orders.ts'
import { seededOrders } from '../sandbox/seeded.ts'
import { emptyHome, launch, readDemo, runCurl, signIn } from './launch.ts'

/** When the sandbox's clock begins. */
const clockStart = Date.parse('2022-06-30T00:00:00+05:30')
const home = emptyHome()
// what is counted stands still
const env = { ROBNU_SANDBOX_AMAZON_ORDERS_PER_DAY: '0' }
let summary: { orders: number; items: number; total_paise: number; accounts: unknown[] }
let second: ReturnType<typeof launch>

beforeAll(async () => {
  const first = launch(home.path, { args: ['--once'], env })
  expect(await first.ended).toEqual({ code: 0, errors: '' })
  summary = JSON.parse(first.lines().at(-1) ?? '')
  second = launch(home.path, { env })
  await second.says(/^Ctrl-C stops everything/)
}, 90_000)
afterAll(async () => {
  second?.interrupt()
  await second?.ended
  home.remove()
})

/** The launcher's sandbox, computed from its own books. */
const booked = [['A1DEMOSELLERIN', 2000], ['A2DEMOSELLERIN', 120]] as const
const booksOf = ([partner, count]: (typeof booked)[number]) => {
  const orders = seededOrders({ seed: 1, partner }, count, clockStart)
  // a pending order would have no price yet, and the sum would depend on the moment
  expect(orders.filter((one) => standingAt(one, clockStart)?.status === 'PENDING')).toEqual([])
  const lines = orders.flatMap(distinctLines)
  return {
    orders: orders.length,
    items: lines.length,
    total_paise: lines.reduce((sum, { amount }) => sum + (paiseOf(amount ?? '') ?? NaN), 0),
  }
}

test('the demo brings every order, line and paisa of the books of both shops', () => {
  const [asha, bharat] = booked.map(booksOf)
  expect([asha?.orders, bharat?.orders]).toEqual([2000, 120])
  expect(summary).toMatchObject({
    orders: 2120,
    items: (asha?.items ?? 0) + (bharat?.items ?? 0),
    total_paise: (asha?.total_paise ?? 0) + (bharat?.total_paise ?? 0),
    accounts: [
      { seller: 'Asha Textiles', external_account_id: 'A1DEMOSELLERIN', ...asha },
      { seller: 'Bharat Home Store', external_account_id: 'A2DEMOSELLERIN', ...bharat },
    ],
  })
  expect(summary.accounts).toHaveLength(2)
})

test('a second start says the same numbers again', () => {
  const said = second.lines().flatMap((line) => {
    const [, id, orders, lines, rupees = ''] =
      / AMAZON_IN (\w+): (\d+) orders, (\d+) lines, ₹ ([\d,.]+)/.exec(line) ?? []
    const total_paise = Math.round(Number(rupees.replaceAll(',', '')) * 100)
    if (id === undefined) return []
    const counts = { orders: Number(orders), items: Number(lines), total_paise }
    return [{ external_account_id: id, ...counts }]
  })
  expect(said).toHaveLength(2)
  expect(summary.accounts).toMatchObject(said)
})

interface Listed {
  readonly data: readonly {
    readonly id: string
    readonly customer?: { readonly name: string; readonly phone: string; readonly email: string }
  }[]
}

test('the three printed lines work in a shell: sign in, two orders, one with its buyer', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-curl-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const commands = second.lines().filter((line) => /^\s+curl /.test(line)).map((one) => one.trim())
  expect(commands).toHaveLength(3)
  const [login = '', list = '', withBuyer = ''] = commands
  expect(await runCurl(login, folder)).toMatchObject({
    user: { role: 'OWNER' },
    seller: { name: 'Asha Textiles' },
  })
  const { data } = await runCurl(list, folder) as Listed
  expect(data).toHaveLength(2)
  expect(data.filter((order) => 'customer' in order)).toEqual([])
  const [order] = (await runCurl(withBuyer, folder) as Listed).data
  expect(order?.customer).toMatchObject({
    name: expect.stringMatching(/^[A-Z][a-z]+ [A-Z][a-z]+$/),
    phone: expect.stringMatching(/^\+91\d{10}$/),
    email: expect.stringMatching(/^[a-z]+\.[a-z]+\.\d+@buyers\.invalid$/),
    address: { line1: expect.stringMatching(/\d/), postal_code: expect.stringMatching(/^\d{6}$/) },
  })

  // the same order for somebody who may not see who bought it
  const { url, users } = readDemo(home.path)
  const viewer = users.find(({ role, seller }) => role === 'VIEWER' && seller === 'Asha Textiles')
  if (!viewer) throw new Error('The demo has no VIEWER')
  const ask = await signIn(url, viewer)
  const masked = await ask('GET', `/v1/orders/${order?.id}`) as Listed['data'][number]
  expect(masked.id).toBe(order?.id)
  expect(masked.customer?.phone).toMatch(/x{4,}/)
  const clear = JSON.stringify(order?.customer)
  for (const value of Object.values(masked.customer ?? {})) {
    if (typeof value === 'string') expect(clear).not.toContain(`"${value}"`)
  }
})

test('it was counted', () => {
  expect(summary.orders).toBe(2120)
  process.stdout.write(`Lit: ${JSON.stringify({ orders: summary.orders })}\n`)
})
