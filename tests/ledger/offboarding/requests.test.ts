/** Who may ask that a seller leaves, how it is called back, and when its people hear of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { command } from '../../../core/db/sql.ts'
import { hasCode } from '../../../core/errors.ts'
import { newId } from '../../../core/ids.ts'
import { requestByPlatform, withdrawByPlatform } from '../../../core/ledger/offboarding/requests.ts'
import { readOffboarding } from '../../../core/ledger/offboarding/rows.ts'
import { sweepOffboardings } from '../../../core/ledger/offboarding/sweep.ts'
import { silentLog } from '../../../core/log.ts'
import { resumeSeller, suspendSeller } from '../../../core/tenancy/suspension.ts'
import { newSigner } from '../../audit/chains.ts'
import { type Member, openTenancyWorld, type World } from '../../tenancy/world.ts'

const path = '/v1/seller/offboarding'
const reason = 'We close the shop for good'
const dayMs = 86_400_000

let world: World
let owner: Member
let name: string
beforeAll(async () => {
  world = await openTenancyWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  owner = await world.owner()
  name = `Seller ${owner.sellerId}`
})

const ask = (json: object, key = newId()) =>
  world.ask(path, { cookie: owner.cookie, method: 'POST', json, key })
const signer = newSigner()
const sweep = (
  days: number,
  state: 'DONE' | 'FAILED' = 'DONE',
  sendMail = world.mails.post.send,
) =>
  sweepOffboardings({
    ...{ db: world.fresh.db, signer, log: silentLog },
    now: () => new Date(world.clock.now + days * dayMs),
    exports: { state: () => Promise.resolve(state) },
    sendMail,
  })
const subjects = async () => {
  await world.mails.post.drain()
  return world.mails.mails.filter(({ to }) => to === owner.email).map(({ subject }) => subject)
}
const jobs = async () =>
  (await world.fresh.asSuperuser((admin) =>
    admin`select id from work_items where seller_id = ${owner.sellerId} and lane = 'job:shred'`
  )).length

describe('an OWNER', () => {
  it('asks with a fresh proof and the name of the seller, once, and may call it back', async () => {
    expect((await world.ask(path, owner)).status).toBe(404)
    const asked = { name, reason }
    expect((await ask(asked)).body).toMatchObject({ status: 401, code: 'step-up-required' })
    await world.stepUp(owner)
    const mistyped = await ask({ ...asked, name: `${name}.` })
    expect(mistyped.body).toMatchObject({ status: 400, errors: [{ pointer: '/name' }] })

    const key = newId()
    const first = await ask(asked, key)
    expect(first).toMatchObject({
      status: 202,
      body: { state: 'REQUESTED', reason, notice_at: null },
    })
    expect(first.body.export_id).not.toBeNull()
    expect(Date.parse(first.body.shreds_at)).toBe(world.clock.now + 7 * dayMs)
    expect((await ask(asked, key)).body).toEqual(first.body)
    expect((await ask(asked)).body.code).toBe('offboarding-open')
    expect((await world.ask(path, owner)).body).toEqual(first.body)
    expect(await sweep(0)).toMatchObject({ announced: 1, told: 0 })
    // everything goes on meanwhile
    expect((await world.ask('/v1/orders', owner)).status).toBe(200)

    const back = () => world.ask(path, { cookie: owner.cookie, method: 'DELETE' })
    expect((await back()).body).toMatchObject({ id: first.body.id, state: 'WITHDRAWN' })
    expect((await back()).status).toBe(404)
    expect(await sweep(30)).toEqual({
      announced: 1,
      told: 0,
      begun: 0,
      signed: 0,
      refused: 0,
      unsent: 0,
    })
    expect(await sweep(30)).toMatchObject({ announced: 0, told: 0 })
    expect(await subjects()).toEqual([
      'Your seller account is to be closed for good',
      'Your seller account stays',
    ])
    expect((await world.auditOf(owner.sellerId)).map(({ action, actor }) => [action, actor]))
      .toEqual([
        ['seller.offboarding-requested', owner.userId],
        ['seller.offboarding-withdrawn', owner.userId],
      ])
    const again = await ask({ ...asked, export: false })
    expect(again.body.export_id).toBeNull()
    // the answer of the first key is the first request, as it stands
    expect((await ask(asked, key)).body).toMatchObject({ id: first.body.id, state: 'WITHDRAWN' })
    expect((await back()).body.id).toBe(again.body.id)
  })

  it('hears of it two days before, and nothing begins sooner', async () => {
    await world.stepUp(owner)
    await ask({ name, reason })
    expect(await sweep(0)).toMatchObject({ announced: 1 })
    expect(await sweep(4.9)).toMatchObject({ told: 0 })
    // late: the two days count from the mail
    expect(await sweep(6)).toMatchObject({ told: 1, begun: 0 })
    expect(await sweep(7.5)).toMatchObject({ told: 0, begun: 0 })
    expect(await jobs()).toBe(0)
    // what the seller wants to take along is not there
    expect(await sweep(8.1, 'FAILED')).toMatchObject({ begun: 0 })
    expect(await sweep(8.1)).toMatchObject({ begun: 1 })
    expect(await sweep(8.1)).toMatchObject({ begun: 0 })
    expect(await jobs()).toBe(1)
    expect((await subjects()).at(-1)).toBe('In 48 hours your data is erased')
  })

  it('is told by a mail that has left: one that has not is sent again, and nothing begins before', async () => {
    await world.stepUp(owner)
    await ask({ name, reason })
    const lost = () => Promise.resolve(false)
    const refused = () => Promise.reject(new Error('No address'))
    expect(await sweep(0, 'DONE', lost)).toMatchObject({ announced: 0, unsent: 1 })
    expect(await sweep(0)).toMatchObject({ announced: 1, unsent: 0 })
    expect(await sweep(6, 'DONE', lost)).toMatchObject({ told: 0, unsent: 1 })
    expect(await sweep(9, 'DONE', refused)).toMatchObject({ told: 0, begun: 0, unsent: 1 })
    expect((await world.ask(path, owner)).body.notice_at).toBeNull()
    expect(await sweep(10)).toMatchObject({ told: 1 })
    expect(await sweep(11.9)).toMatchObject({ begun: 0 })
    expect(await subjects()).toEqual([
      'Your seller account is to be closed for good',
      'In 48 hours your data is erased',
    ])
    // called back while the mail that it is asked for is on its way
    const back = () => world.ask(path, { cookie: owner.cookie, method: 'DELETE' })
    await back()
    await sweep(0)
    await ask({ name, reason })
    const early = async () => (await back()).status === 200
    expect(await sweep(0, 'DONE', early)).toMatchObject({ announced: 1 })
    expect(await sweep(0)).toMatchObject({ announced: 1 })
    expect((await subjects()).at(-1)).toBe('Your seller account stays')
  })

  it('may leave while suspended; nobody else of the seller may', async () => {
    const { db } = world.fresh
    const admin = await world.addMember(owner.sellerId, 'ADMIN')
    await world.stepUp(admin)
    const json = { name, reason }
    const refused = await world.ask(path, { cookie: admin.cookie, method: 'POST', json })
    expect(refused.body.code).toBe('forbidden')
    const entry = await world.entryOf(admin)
    const behind = db.withSellerScope(entry, async (scope) => {
      await scope.run(command`select request_offboarding(${newId()}, 'x', now())`)
    })
    await expect(behind).rejects.toSatisfy((error) => hasCode(error, 'stale-authz'))
    await db.withPlatformScope(
      'test',
      (tx) => suspendSeller(tx, { sellerId: owner.sellerId, reason: 'The bank account is wrong' }),
    )
    await world.stepUp(owner)
    expect((await ask(json)).status).toBe(202)
    expect((await world.ask(path, { cookie: owner.cookie, method: 'DELETE' })).status).toBe(200)
  })
})

describe('the platform', () => {
  it('asks with a reason that both trails keep, and calls it back', async () => {
    const { db } = world.fresh
    const { sellerId } = owner
    const shredsAt = new Date(world.clock.now + 7 * dayMs)
    const inScope = <T>(work: Parameters<typeof db.withPlatformScope<T>>[1]) =>
      db.withPlatformScope('cli:meera', work)
    const request = (id = sellerId) =>
      inScope((tx) => requestByPlatform(tx, { sellerId: id, reason, by: 'meera', shredsAt }))
    expect(await request(newId())).toBeNull()
    expect(await request()).toMatchObject({ state: 'REQUESTED', exportId: null })
    await expect(request()).rejects.toSatisfy((error) => hasCode(error, 'offboarding-open'))
    const withdraw = () =>
      inScope((tx) => withdrawByPlatform(tx, { sellerId, reason, by: 'meera' }))
    expect(await withdraw()).toMatchObject({ state: 'WITHDRAWN' })
    expect(await withdraw()).toBeNull()
    expect(await world.auditOf(sellerId)).toMatchObject([
      { action: 'seller.offboarding-requested', data: { reason, by: 'meera' }, actor: 'system' },
      { action: 'seller.offboarding-withdrawn', data: { reason, by: 'meera' }, actor: 'system' },
    ])
    const org = await world.fresh.asSuperuser((admin) =>
      admin`select action from org_audit_events where target = ${`seller:${sellerId}`} order by seq`
    )
    expect(org.map(({ action }) => action))
      .toEqual(['seller.offboarding-requested', 'seller.offboarding-withdrawn'])
  })

  it('cannot move one back, or hurry a step, or let a seller that has left come in again', async () => {
    const { sellerId } = owner
    await world.stepUp(owner)
    await ask({ name, reason })
    const set = (text: string) =>
      world.fresh.asSuperuser((admin) =>
        admin.unsafe(`update seller_offboardings set ${text} where seller_id = '${sellerId}'`)
      )
    for (
      const text of [
        `state = 'SHREDDED', step = 'PROVED'`,
        `state = 'SHREDDING', step = 'DESTROYED'`,
        `shreds_at = now()`,
        `reason = 'Another one'`,
      ]
    ) await expect(set(text), text).rejects.toThrow('moves forward')
    await set(`state = 'WITHDRAWN'`)
    await expect(set(`state = 'REQUESTED'`)).rejects.toThrow('moves forward')

    await world.fresh.asSuperuser((admin) =>
      admin`update sellers set status = 'OFFBOARDED' where id = ${sellerId}`
    )
    for (const change of [suspendSeller, resumeSeller]) {
      const changed = world.fresh.db.withPlatformScope(
        'test',
        (tx) => change(tx, { sellerId, reason }),
      )
      await expect(changed).rejects.toSatisfy((error) => hasCode(error, 'seller-gone'))
    }
    expect(await world.fresh.db.withPlatformScope('test', (tx) => readOffboarding(tx, sellerId)))
      .toMatchObject({ state: 'WITHDRAWN' })
  })
})
