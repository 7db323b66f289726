/** The functions behind the routes of people: they judge for themselves who asks. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { command } from '../../core/db/sql.ts'
import { leaseWork } from '../isolation/attempts.ts'
import { makeAccount, makeSeller } from '../support/database.ts'
import { type Member, openTenancyWorld, type World } from './world.ts'

let world: World
let owner: Member
beforeAll(async () => {
  world = await openTenancyWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  owner = await world.owner()
})

const demote = (id: string) =>
  world.ask(`/v1/users/${id}`, { cookie: owner.cookie, method: 'PATCH', json: { role: 'ADMIN' } })
const remove = (id: string) =>
  world.ask(`/v1/users/${id}`, { cookie: owner.cookie, method: 'DELETE' })
const peopleOf = (sellerId: string) =>
  world.fresh.asSuperuser(async (admin) =>
    (await admin`
      select id, role from seller_users where seller_id = ${sellerId} and removed_at is null
      order by created_at`).map((row) => ({ ...row }))
  )
const acts = {
  change_role: (id: string) => command`select change_role(${id}, 'VIEWER')`,
  remove_person: (id: string) => command`select remove_person(${id})`,
  transfer_seller: (id: string) => command`select transfer_seller(${id})`,
  change_seller: () => command`select change_seller('Other', 'NOTIFY')`,
}

it('they obey OWNERs alone, whatever the process believes', async () => {
  const { sellerId } = owner
  const [admin, viewer] = [
    await world.addMember(sellerId, 'ADMIN'),
    await world.addMember(sellerId, 'VIEWER'),
  ]
  const before = await world.ask('/v1/seller', owner)
  for (const [name, act] of Object.entries(acts)) {
    const entry = await world.entryOf(admin)
    const run = world.fresh.db.withSellerScope(entry, (scope) => scope.run(act(viewer.userId)))
    await expect(run, name).rejects.toMatchObject({ code: 'stale-authz' })
  }
  expect((await world.ask('/v1/seller', owner)).body).toEqual(before.body)
  expect((await world.ask('/v1/users', owner)).body.data).toHaveLength(3)
})

it('they obey no OWNER who has become something else while the request was under way', async () => {
  for (const [name, act] of Object.entries(acts)) {
    owner = await world.owner()
    const { sellerId } = owner
    const second = await world.addMember(sellerId, 'OWNER')
    const entry = await world.entryOf(second)
    const run = world.fresh.db.withSellerScope(entry, async (scope) => {
      await scope.run(command`select 1`)
      expect((await demote(second.userId)).status).toBe(200)
      await scope.run(act(owner.userId))
    })
    await expect(run, name).rejects.toMatchObject({ code: 'stale-authz' })
    expect(await peopleOf(sellerId), name).toEqual([
      { id: owner.userId, role: 'OWNER' },
      { id: second.userId, role: 'ADMIN' },
    ])
  }
})

it('they obey nobody who is removed while the request is under way', async () => {
  const { sellerId } = owner
  const second = await world.addMember(sellerId, 'OWNER')
  const run = world.fresh.db.withSellerScope(await world.entryOf(second), async (scope) => {
    await scope.run(command`select 1`)
    expect((await remove(second.userId)).status).toBe(200)
    await scope.run(acts.remove_person(second.userId))
  })
  await expect(run).rejects.toMatchObject({ code: 'session-over' })
})

it('they obey no worker: what is no person changes nobody', async () => {
  const seller = await makeSeller(world.fresh.db)
  const work = await leaseWork(world.fresh, seller, await makeAccount(world.fresh, seller))
  for (const [name, act] of Object.entries(acts)) {
    const run = world.fresh.db.withSellerScope(
      work.entry,
      (scope) => scope.run(act(seller.userId)),
    )
    await expect(run, name).rejects.toMatchObject({ code: '42501' })
  }
})
