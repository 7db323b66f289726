/**
 * A plugin's author has put a request's text into SQL. Whatever it says, it meets no row of another
 * seller, changes none, and is told as nobody else (M6, F-N1, S5). `ROBNU_INJECTIONS` says how many
 * fragments, `ROBNU_SEED` which ones.
 */
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Queries } from '../../core/db/database.ts'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { knockOf } from '../support/scope-key.ts'
import {
  asSuperuser,
  type Connection,
  inScope,
  leaseWork,
  pidOf,
  rowsOf,
  seededRandom,
} from './attempts.ts'
import { drawFragment, type Fragment, type Loot } from './fragments.ts'
import { readRowMarks } from './look.ts'

const count = Number(process.env['ROBNU_INJECTIONS'] ?? 150)
const seed = Number(process.env['ROBNU_SEED'] ?? 20260714)
/** Stands in rows of the others alone, and in no fragment. */
const needle = 'zq-not-yours'

let fresh: FreshDatabase
let admin: Connection
let a: TestSeller
let b: TestSeller
beforeAll(async () => {
  // one connection: whatever a fragment leaves behind, the next one meets
  fresh = await freshDatabase({ maxConnections: 1 })
  admin = await asSuperuser(fresh)
  a = await makeSeller(fresh.db)
  b = await makeSeller(fresh.db)
  await leaseWork(fresh, b, await makeAccount(fresh, b))
  // bound: the text of a statement is seen by whoever has the connection next
  await fresh.db.withSellerScope(
    b.entry,
    (scope) => scope.run(command`select audit_append(${b.sellerId}, 'x', ${needle}, '{}')`),
  )
  await admin.sql`update sellers set name = ${needle} where id = ${b.sellerId}`
  await admin.sql`update identities set password_hash = ${needle} where id = ${b.identityId}`
  await admin.sql`update sessions set device = ${needle} where id = ${b.sessionId}`
  await admin.sql`update marketplace_accounts set name = ${needle} where seller_id = ${b.sellerId}`
  await admin.sql`update job_runs set failure_message = ${needle} where seller_id = ${b.sellerId}`
})
afterAll(async () => {
  await admin.close()
  await fresh.close()
})

/** The deliberately unsafe endpoint. */
const answer = async ({ way, texts }: Fragment, seller: TestSeller): Promise<unknown> => {
  const [text = ''] = texts
  const find = (end: string) => (queries: Queries) =>
    rowsOf(queries, `select id::text, name from marketplace_accounts where name = '${end}`)
  switch (way) {
    case 'condition':
      return await fresh.db.withSellerScope(seller.entry, find(text))
    case 'order':
      return await fresh.db.withSellerScope(seller.entry, find(`' or true order by ${text}`))
    case 'flush':
      return await rowsOf(fresh.db.inSellerScope(seller.entry), text)
    default:
      return await fresh.db.withSellerScope(seller.entry, async (scope) => {
        const answers: unknown[] = []
        for (const one of texts) answers.push(await rowsOf(scope, one))
        return answers
      })
  }
}
/** All that its caller gets to know: rows, or every word of an error and of its causes. */
const toldBy = async (fragment: Fragment): Promise<{ ok: boolean; text: string }> => {
  try {
    return { ok: true, text: JSON.stringify(await answer(fragment, a)) }
  } catch (error) {
    const words: unknown[] = []
    for (let one: unknown = error; one instanceof Error; one = one.cause) {
      words.push(one.message, { ...one, cause: undefined })
    }
    return { ok: false, text: JSON.stringify(words) }
  }
}

/** Of an earlier transaction of this very connection, and for another backend. */
const plunder = async (): Promise<Loot> => {
  const names = ['app.current_seller_id', 'app.actor', 'app.scope']
  const [row] = await inScope(
    fresh.db,
    b.entry,
    `select ${names.map((name) => `current_setting('${name}') as "${name}"`).join(', ')}`,
  )
  const backend = await pidOf(fresh.db.bare)
  return {
    elsewhere: knockOf(b.entry, backend + 1),
    settings: names.map((name) => [name, String(row?.[name])] as const),
  }
}
const eventsOf = async (sellerId: string) =>
  await admin.sql<{ actor: string; action: string }[]>`
    select actor_kind || ':' || coalesce(actor_user_id::text, '') as actor, action
    from audit_events where seller_id = ${sellerId}`

it(`${count} fragments of injected SQL meet no row of another seller`, async () => {
  const random = seededRandom(seed)
  const loot = await plunder()
  const before = await readRowMarks(admin.sql, b.sellerId)
  const trail = (await eventsOf(b.sellerId)).length
  const ways = new Map<string, number>()
  const codes = new Map<string, number>()
  const foreign: unknown[] = []
  const stale: unknown[] = []
  let ran = 0
  for (let i = 0; i < count; i++) {
    const fragment = drawFragment(random, b, loot)
    const { ok, text } = await toldBy(fragment)
    const at = text.indexOf(needle)
    if (at >= 0) foreign.push({ fragment, told: text.slice(Math.max(0, at - 200), at + 100) })
    if (ok) ran++
    const code = ok ? 'ran' : /"code":"([0-9A-Za-z-]+)"/.exec(text)?.[1] ?? text.slice(0, 60)
    ways.set(fragment.way, (ways.get(fragment.way) ?? 0) + 1)
    codes.set(code, (codes.get(code) ?? 0) + 1)
    // who comes next on the connection sees its own, or an error
    const next = i % 2 === 0 ? a : b
    const seen = await rowsOf(fresh.db.inSellerScope(next.entry), 'select id from sellers')
      .catch((error: unknown) => String(error))
    if (Array.isArray(seen) && JSON.stringify(seen) !== JSON.stringify([{ id: next.sellerId }])) {
      stale.push({ fragment, seen })
    }
  }
  const forged = [
    ...(await eventsOf(a.sellerId)).filter(({ actor }) => actor !== `user:${a.userId}`),
    ...(await eventsOf(b.sellerId)).slice(trail),
    ...await admin.sql`
      select actor from decrypt_ledger where purpose = 'injected' and actor <> ${`user:${a.userId}`}`,
  ]
  const figures = {
    ...{ seed, fragments: count, ran, foreign: foreign.length, stale: stale.length },
    ...{ forged: forged.length, ways: Object.fromEntries(ways), codes: Object.fromEntries(codes) },
  }
  process.stdout.write(`Injected: ${JSON.stringify(figures)}\n`)
  expect(foreign).toEqual([])
  expect(stale).toEqual([])
  expect(forged).toEqual([])
  expect(await readRowMarks(admin.sql, b.sellerId)).toEqual(before)
  // who finds nothing wrong must have tried: fragments ran, and others were refused for their rights
  expect(ran).toBeGreaterThan(count / 10)
  expect(codes.get('42501')).toBeGreaterThan(count / 10)
  expect(ways.size).toBe(5)
}, 60_000 + count * 200)

it('the endpoint is as unsafe as it should be, and the needle can be seen', async () => {
  const all = { way: 'condition', texts: [`' or true --`] } as const
  expect(JSON.stringify(await answer(all, b))).toContain(needle)
  expect(JSON.stringify(await answer(all, a))).not.toContain(needle)
  const union = `' union all select null, set_config('app.actor', '${newId()}', true) --`
  expect(JSON.stringify(await answer({ way: 'condition', texts: [union] }, a))).toMatch(/-/)
  const two = { way: 'statements', texts: ['reset role', 'select current_user as me'] } as const
  expect(JSON.stringify(await answer(two, a))).toContain('robnu_app')
  const xml = `select query_to_xml('select name from sellers', true, true, '') as rows`
  expect(JSON.stringify(await answer({ way: 'flush', texts: [xml] }, b))).toContain(needle)
  const told = await toldBy({ way: 'flush', texts: ['select name::int from sellers'] })
  expect(told.text).toContain('Seller')
})
