/**
 * Two OWNERs who act at the same moment: there is always one left. `ROBNU_ROUNDS` says how many rounds.
 */
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { asSuperuser, type Connection } from '../isolation/attempts.ts'
import { type Answer, type Member, openTenancyWorld, type World } from './world.ts'

let world: World
let admin: Connection
beforeAll(async () => {
  world = await openTenancyWorld()
  admin = await asSuperuser(world.fresh)
})
afterAll(async () => {
  await admin.close()
  await world.close()
})

type Act = (me: Member, other: Member) => Promise<Answer>
const acts: Readonly<Record<string, Act>> = {
  'demote the other': (me, other) => patch(me, other.userId, 'ADMIN'),
  'demote oneself': (me) => patch(me, me.userId, 'VIEWER'),
  'remove the other': (me, other) =>
    world.ask(`/v1/users/${other.userId}`, { cookie: me.cookie, method: 'DELETE' }),
  'leave': (me) => world.ask('/v1/users/leave', { cookie: me.cookie, method: 'POST' }),
  'transfer': (me, other) =>
    world.ask('/v1/seller/transfer', { cookie: me.cookie, json: { user_id: other.userId } }),
}
const patch = (me: Member, id: string, role: string) =>
  world.ask(`/v1/users/${id}`, { cookie: me.cookie, method: 'PATCH', json: { role } })

/** Both are OWNERs again, with the sessions that they had, and a fresh proof of who they are. */
const restore = async (sellerId: string): Promise<void> => {
  await admin.sql`
    update seller_users set role = 'OWNER', removed_at = null where seller_id = ${sellerId}`
  await admin.sql`
    update sessions set revoked_at = null, stepped_up_at = now() where seller_id = ${sellerId}`
}

const rounds = Number(process.env.ROBNU_ROUNDS ?? 200)

it('keeps an OWNER through many rounds of every pair of acts', async () => {
  const a = await world.owner()
  const { sellerId } = a
  const b = await world.addMember(sellerId, 'OWNER')
  const names = Object.keys(acts)
  const outcomes = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    await restore(sellerId)
    // every pair in turn
    const [one, two] = [names[round % 5] ?? '', names[Math.floor(round / 5) % 5] ?? '']
    const answers = await Promise.all([acts[one]?.(a, b), acts[two]?.(b, a)])
    const codes = answers.map((answer) => answer?.body?.code ?? answer?.status)
    const [left] = await admin.sql`
      select count(*)::int as owners from seller_users
      where seller_id = ${sellerId} and role = 'OWNER' and removed_at is null`
    expect(left?.owners, `round ${round}: ${one}, ${two}: ${codes}`).toBeGreaterThan(0)
    for (const code of codes) outcomes.set(`${code}`, (outcomes.get(`${code}`) ?? 0) + 1)
  }
  // who came second was refused, and nobody met an error of ours
  const known = [
    ...['200', '204', 'forbidden', 'last-owner', 'not-found'],
    // who was removed a moment ago has no session that could have been proved
    ...['session-over', 'step-up-required'],
  ]
  expect([...outcomes.keys()].filter((code) => !known.includes(code))).toEqual([])
  const done = (outcomes.get('200') ?? 0) + (outcomes.get('204') ?? 0)
  expect(2 * rounds - done).toBeGreaterThan(rounds / 4)
  expect(outcomes.get('last-owner')).toBeGreaterThan(0)
  process.stdout.write(`Owned: ${JSON.stringify({ rounds, ...Object.fromEntries(outcomes) })}\n`)
}, 60_000 + 100 * rounds)
