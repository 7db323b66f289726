/** `robnu seller`: sellers from outside, and who suspended them. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { environmentOf, robnu } from './support.ts'

let fresh: FreshDatabase
let env: Record<string, string>
let asha: TestSeller
let bharat: TestSeller
let account: string
beforeAll(async () => {
  fresh = await freshDatabase()
  env = environmentOf(fresh)
  asha = await makeSeller(fresh.db)
  bharat = await makeSeller(fresh.db)
  account = await makeAccount(fresh, asha)
})
afterAll(() => fresh?.close())

const run = (...args: readonly string[]) => robnu(['seller', ...args], { env })
const events = (of: 'audit_events' | 'org_audit_events') =>
  fresh.asSuperuser((sql) =>
    sql`
    select actor_kind, action, target, data::json as data from ${sql(of)} order by seq`
  )

it('lists all sellers page by page, newest first, and shows one with its accounts', async () => {
  const first = (await run('list', '--limit', '1', '--json')).json()
  expect(first).toMatchObject({ sellers: [{ id: bharat.sellerId, status: 'ACTIVE', users: 1 }] })
  const second = (await run('list', '--after', String(first['next']), '--json')).json()
  expect(second).toMatchObject({ sellers: [{ id: asha.sellerId }], next: null })
  const { out } = await run('list')
  expect(out.split('\n').map((line) => line.slice(0, 36).trimEnd()))
    .toEqual([expect.stringMatching(/^id/), bharat.sellerId, asha.sellerId, ''])
  expect((await run('list', '--status', 'SUSPENDED', '--json')).json()['sellers']).toEqual([])

  expect((await run('show', asha.sellerId, '--json')).json()).toMatchObject({
    id: asha.sellerId,
    accounts: [{ id: account, marketplace: 'BAZAAR', dead_letters: 0, last_synced_at: null }],
  })
  expect((await run('show', asha.sellerId.toUpperCase())).out).toContain(`  BAZAAR ${account}`)
  const nobody = await run('show', newId(), '--json')
  expect([nobody.code, nobody.json()])
    .toEqual([1, { error: { code: 'failed', message: 'There is no seller of this id' } }])
})

it('suspends and resumes once, and both trails say why and who called', async () => {
  const why = ['--reason', 'The invoice of March is open', '--by', 'meera']
  const planned = await run('suspend', asha.sellerId, ...why, '--dry-run')
  expect(planned).toMatchObject({ code: 0, out: expect.stringMatching(/^Would suspend Seller /) })
  expect(await events('audit_events')).toEqual([])

  for (const changed of [true, false]) {
    expect((await run('suspend', asha.sellerId, ...why, '--json')).json())
      .toMatchObject({ id: asha.sellerId, status: 'SUSPENDED', changed })
  }
  expect((await run('suspend', asha.sellerId, ...why)).out).toMatch(/is SUSPENDED already\n$/)
  expect((await run('show', asha.sellerId)).out).toContain('The invoice of March is open')
  expect((await run('resume', asha.sellerId, '--reason', 'It was paid')).out)
    .toMatch(/is ACTIVE now\n$/)

  const told = [
    ['suspended', { by: 'meera', reason: 'The invoice of March is open' }],
    ['resumed', { by: 'ravi', reason: 'It was paid' }],
  ].map(([what, data]) => ({
    ...{ actor_kind: 'system', action: `seller.${what}`, data },
    target: `seller:${asha.sellerId}`,
  }))
  expect(await events('audit_events')).toEqual(told)
  expect(await events('org_audit_events')).toEqual(told)
})

it('takes ids, reasons and states as they are meant', async () => {
  for (
    const [args, message] of [
      [['show'], /^Name the id of a seller\n/],
      [['show', 'Asha'], /^Name the id of a seller: an id is like/],
      [['show', asha.sellerId, asha.sellerId], /too many/],
      [['show', asha.sellerId, '--dry-run'], /^"seller show" changes nothing/],
      [['list', '--status', 'GONE'], /^--status takes ACTIVE or SUSPENDED or OFFBOARDED\n/],
      [['list', '--limit', 'all'], /^--limit takes a whole number/],
      [['suspend', asha.sellerId], /^Say why: --reason/],
      [['suspend', asha.sellerId, '--reason', 'a\nb'], /^--reason takes/],
      [['suspnd', asha.sellerId], /^There is no "suspnd" here\nDid you mean "suspend"/],
    ] as const
  ) {
    const { code, err } = await run(...args)
    expect(code, args.join(' ')).toBe(2)
    expect(err).toMatch(message)
  }
})

it('lets a seller go with days of grace, calls it back, and has no certificate of it', async () => {
  const who = [bharat.sellerId, '--reason', 'It asked by letter', '--by', 'meera']
  expect((await run('offboard', ...who, '--days', '1')).code).toBe(2)
  const planned = await run('offboard', ...who, '--dry-run', '--json')
  expect(planned.json()).toMatchObject({
    would: { shredsAt: '2026-02-08T00:00:00.000Z', export: true },
  })
  const asked = await run('offboard', ...who, '--days', '3', '--no-export', '--json')
  expect(asked.json()).toMatchObject({ state: 'REQUESTED', shreds_at: '2026-02-04T00:00:00.000Z' })
  const again = await run('offboard', ...who, '--json')
  expect([again.code, again.json()]).toMatchObject([1, { error: { code: 'offboarding-open' } }])
  expect(await run('certificate', bharat.sellerId))
    .toMatchObject({ code: 1, err: expect.stringContaining('Not yet: REQUESTED') })
  expect((await run('recall', ...who, '--json')).json()).toMatchObject({ state: 'WITHDRAWN' })
  expect((await run('recall', ...who)).code).toBe(1)
  // a file is looked at without a database
  const file = await robnu(['keys', 'certificate', 'nowhere.json', '--keys', 'keys.json'])
  expect([file.code, file.err]).toEqual([2, expect.stringContaining('Cannot verify')])
})
