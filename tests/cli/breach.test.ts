/** `robnu breach`: a report in ids, for people and as a file. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { environmentOf, robnu } from './support.ts'

let fresh: FreshDatabase
let env: Record<string, string>
let seller: TestSeller
const orders = [newId(), newId()]
const folder = mkdtempSync(join(tmpdir(), 'robnu-breach-'))
beforeAll(async () => {
  fresh = await freshDatabase({ ledgerHasMore: 'forged rows: openings of another month' })
  env = environmentOf(fresh)
  seller = await makeSeller(fresh.db)
  await fresh.asSuperuser((admin) =>
    admin`insert into decrypt_ledger (seller_id, id, actor, purpose, table_name, columns, row_ids,
        opened, reason, created_at)
      values (${seller.sellerId}, ${newId()}, ${`user:${seller.userId}`}, 'orders.list', 'orders',
        ${['customer_phone_enc']}, ${orders}, 2, 'Asked by Asha Rao', '2026-01-31T18:29:00Z')`
  )
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await fresh?.close()
})
const run = (...args: readonly string[]) => robnu(['breach', ...args], { env })
const why = ['--reason', 'A laptop was lost', '--by', 'meera']

it('says who is affected: sellers, buyers, fields, actors and days of India', async () => {
  const said = await run('--from', '2026-01-31', '--to', '2026-01-31', ...why)
  expect(said.code).toBe(0)
  expect(said.out).toContain('1 sellers, 2 buyers, 2 values in 1 requests and jobs')
  expect(said.out).toContain('orders: 2 rows; customer_phone_enc')
  expect(said.out).toContain(`user:${seller.userId}`)
  expect(said.out).toContain('by day: 2026-01-31 2')
  const day = await run('--from', '2026-02-01', '--to', '2026-02-02', ...why, '--json')
  expect(day.json()).toMatchObject({ total: { sellers: 0, buyers: 0, openings: 0, values: 0 } })
})

it('writes the ids into a new file, and nothing that people wrote', async () => {
  const out = join(folder, 'report.jsonl')
  // the last 30 days
  const said = await run('--out', out, '--seller', seller.sellerId, ...why, '--json')
  expect(said.json()).toMatchObject({ total: { sellers: 1, buyers: 2 }, file: out })
  const text = readFileSync(out, 'utf8')
  const lines = text.trimEnd().split('\n').map((line): Record<string, unknown> => JSON.parse(line))
  expect(lines.map(({ type }) => type)).toEqual(['window', 'seller', 'rows'])
  expect(lines[2]).toMatchObject({ day: '2026-01-31', table: 'orders' })
  expect((lines[2]?.['row_ids'] as string[]).toSorted()).toEqual(orders.toSorted())
  expect(`${text}${said.out}`).not.toContain('Asha')
  expect(await run('--out', out, ...why)).toMatchObject({
    ...{ code: 1, err: expect.stringContaining('it is there already') },
  })
  const told = await fresh.asSuperuser(async (admin) => [
    ...await admin<{ data: string }[]>`
      select data from org_audit_events where action = 'breach.drilled' order by seq`,
  ])
  expect(told.map(({ data }) => JSON.parse(data).by)).toEqual(['meera', 'meera', 'meera'])
})

it('wants a reason, days that are days, and an actor by its id', async () => {
  for (
    const wrong of [
      [],
      ['--from', '2026-13-01', ...why],
      ['--from', '2026-02-02', '--to', '2026-01-01', ...why],
      ['--actor', 'meera', ...why],
      ['--seller', 'x', ...why],
      ['now', ...why],
    ]
  ) expect(await run(...wrong), wrong.join(' ')).toMatchObject({ code: 2 })
})
