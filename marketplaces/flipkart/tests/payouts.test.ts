import type { PayoutRow } from 'robnu/plugin'
import type { FakeAnswer, FakeRequest } from 'robnu/testing'
import { expect, test } from 'vitest'
import { syncPayouts } from '../payouts.ts'
import type { Cursor } from '../schemas.ts'
import { all, answering, connection, failureIn, kept, start } from './support.ts'
import { run, startWorld, type World } from './world.ts'

interface Ledger {
  readonly accounts: Readonly<
    Record<string, {
      readonly payouts: readonly {
        readonly id: string
        readonly amount: string
        readonly lines: number
      }[]
    }>
  >
}
const booked = async (world: World) => {
  const id = world.account.externalAccountId
  const { accounts } = await world.control('ledger', { account: id }) as Ledger
  return Object.fromEntries(
    (accounts[id]?.payouts ?? []).map((one) => [one.id, [one.amount, one.lines]]),
  )
}
/** To the paisa, and never by a float. */
const sumOf = (lines: PayoutRow['lines']): string => {
  const paise = lines.reduce((sum, { net }) => {
    const [rupees = '', fraction = ''] = net.replace('-', '').split('.')
    const amount = BigInt(rupees + fraction.padEnd(2, '0').slice(0, 2))
    return net.startsWith('-') ? sum - amount : sum + amount
  }, 0n)
  return `${paise / 100n}.${String(paise % 100n).padStart(2, '0')}`
}

test('the report is asked for, waited for and read: the books to the paisa', async () => {
  const world = await startWorld()
  const shelf = await run(world, linesTogether(syncPayouts))
  const wanted = await booked(world)
  expect(Object.keys(wanted).length).toBeGreaterThan(5)
  expect(shelf.rejected).toEqual([])
  const found = Object.fromEntries(
    [...shelf.rows].map(([id, { lines }]) => [id, [sumOf(lines), lines.length]]),
  )
  expect(found).toEqual(wanted)
  expect([...shelf.rows.values()].every(({ status }) => status === 'PAID')).toBe(true)
  // the next day: what was paid since, and nothing of before is another one
  await world.control('closeSettlement', { account: world.account.externalAccountId })
  await world.pass(86_400)
  const before = new Map(shelf.rows)
  await run(world, linesTogether(syncPayouts), shelf)
  expect(Object.keys(await booked(world)).toSorted()).toEqual([...shelf.rows.keys()].toSorted())
  for (const [id, row] of before) expect(shelf.rows.get(id)?.lines).toEqual(row.lines)
})

/** As the ledger does: lines that were stored and do not come again stay. */
const linesTogether = (sync: typeof syncPayouts): typeof syncPayouts => {
  const known = new Map<string, PayoutRow['lines']>()
  return async function* (account, request, ctx) {
    for await (const page of sync(account, request, ctx)) {
      const rows = page.rows.map((row) => {
        const lines = new Map([...known.get(row.externalId) ?? [], ...row.lines].map((line) => [
          line.externalId,
          line,
        ]))
        known.set(row.externalId, [...lines.values()])
        return { ...row, lines: [...lines.values()] }
      })
      yield { ...page, rows }
    }
  }
}

test('an account without the paid service is told to import the workbook', async () => {
  const ctx = answering(() => ({ status: 500 }))
  const pages = await all(syncPayouts(connection(), { cursor: null, reason: 'schedule' }, ctx))
  expect(pages).toMatchObject([{ rows: [], received: 0, last: true }])
  expect(ctx.requests).toEqual([])
  expect(ctx.logged.map(({ event }) => event)).toEqual(['flipkart.payouts-by-workbook'])
})

const paid = connection({ details: { reports_api_enabled: true } })
const attempt = async (
  respond: (request: FakeRequest) => FakeAnswer,
  cursor: Cursor | null = null,
) => {
  const ctx = { ...answering(respond), config: { historyDays: 10 } }
  let reached = cursor
  const work = async () => {
    for await (const page of syncPayouts(paid, { cursor: reached, reason: 'schedule' }, ctx)) {
      reached = kept(page.cursor)
    }
  }
  const failed = await failureIn(work())
  return { failed, reached, ctx }
}
const asked = (requests: readonly FakeRequest[]) =>
  requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body ?? '{}'))

test('the id of a report is kept before it is waited for', async () => {
  const making = ({ method }: FakeRequest): FakeAnswer => ({
    body: method === 'POST' ? { report_id: 'R-1' } : { report_id: 'R-1', status: 'PROCESSING' },
  })
  const first = await attempt(making)
  expect(first.failed).toMatchObject({ kind: 'unavailable', code: 'not-ready' })
  expect(first.reached?.asked).toEqual({
    ...{ id: 'R-1', from: '2026-08-03', to: '2026-08-20', times: 1, last: true },
  })
  const second = await attempt(making, first.reached)
  expect(asked(second.ctx.requests)).toEqual([])
  expect(second.ctx.requests.map(({ url }) => url.pathname)).toEqual(['/reports/R-1/detail'])
})

test('the same attempt asks with the same key, and a report that is gone is asked for anew', async () => {
  let lost = true
  const losing = ({ method }: FakeRequest): FakeAnswer => {
    if (method === 'POST' && lost) return { status: 500 }
    return { body: method === 'POST' ? { report_id: 'R-2' } : { status: 'TRIGGERED' } }
  }
  const first = await attempt(losing)
  lost = false
  const second = await attempt(losing, first.reached)
  const keys = [...asked(first.ctx.requests), ...asked(second.ctx.requests)]
    .map((body) => body.correlation_id)
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(1)
  expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/)
  const third = await attempt(
    ({ method, url }) =>
      url.pathname.includes('R-2')
        ? { status: 404 }
        : { body: method === 'POST' ? { report_id: 'R-3' } : { status: 'TRIGGERED' } },
    second.reached,
  )
  expect(third.reached?.asked).toMatchObject({ id: 'R-3', times: 2 })
  expect(asked(third.ctx.requests)[0].correlation_id).not.toBe(keys[0])
})

test('a report that fails again and again is told, and the next run begins as if it had not', async () => {
  const failing = ({ method }: FakeRequest): FakeAnswer => ({
    body: method === 'POST' ? { report_id: 'R-1' } : { status: 'FAILED' },
  })
  const { failed, reached, ctx } = await attempt(failing)
  expect(failed).toMatchObject({ kind: 'rejected', code: 'report-failed' })
  expect(asked(ctx.requests)).toHaveLength(5)
  expect(reached?.asked).toMatchObject({ id: '', times: 1 })
  const { failed: refused } = await attempt(() => ({
    status: 403,
    body: { errors: [{ code: 'OPERATION_NOT_ALLOWED' }] },
  }))
  // no fault of the token: it is told to the seller, and not tried with another one
  expect(refused).toMatchObject({ kind: 'rejected', code: 'operation-not-allowed' })
})

test('a window is asked for month by month, and goes on where it stopped', async () => {
  let reports = 0
  const ctx = answering(({ method }) => {
    if (method !== 'POST') return { body: { status: 'PROCESSING' } }
    reports += 1
    return { body: { report_id: `R-${reports}` } }
  })
  const window = { from: new Date('2026-05-01T00:00:00Z'), to: start }
  const cursors: Cursor[] = []
  const work = async (cursor: Cursor | null) => {
    for await (const page of syncPayouts(paid, { cursor, reason: 'backfill', window }, ctx)) {
      cursors.push(kept(page.cursor))
    }
  }
  await failureIn(work(null))
  expect(cursors[0]?.pass?.asked).toMatchObject({
    from: '2026-05-01',
    to: '2026-05-31',
    last: false,
  })
  await failureIn(work(cursors[0] ?? null))
  expect(reports).toBe(1)
})
