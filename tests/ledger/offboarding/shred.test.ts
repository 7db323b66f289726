/** A seller leaves: its keys are gone in every process, and what is signed says so. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyTrailOf } from '../../../core/audit/verify-trails.ts'
import { command } from '../../../core/db/sql.ts'
import { hasCode } from '../../../core/errors.ts'
import { createVerifier } from '../../../core/crypto/signing.ts'
import type { ShredDeps } from '../../../core/ledger/offboarding/shred.ts'
import type { Pages } from '../support/pages.ts'
import {
  auditOf,
  type House,
  mustCertify,
  openHouse,
  sampleOf,
  sealedOrders,
  untilStep,
} from './support.ts'
import { connect, revive } from './sellers.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

const shut = (sellerId: string) =>
  house.fresh.asSuperuser((admin) =>
    admin`update seller_users set removed_at = now() where seller_id = ${sellerId}`
  )
const rowsOf = ({ seller }: Pages) =>
  house.fresh.asSuperuser(async (admin) => [
    ...await admin`select xmin::text, id from orders where seller_id = ${seller.sellerId} order by id`,
    ...await admin`
      select xmin::text, state from seller_keys where seller_id = ${seller.sellerId}
      order by purpose, version`,
  ])
describe('a seller that leaves', () => {
  it('is shut, and nothing of it opens in any process, told or not', async () => {
    const leaving = await house.openSeller(30)
    const staying = await house.openSeller(3)
    const { sellerId, entry, email } = leaving.seller
    const worker = house.startProcess('worker')
    const api = house.startProcess('api')
    const deaf = house.startProcess('api')
    for (const one of [worker, api, deaf]) await one.keyring.forSeller(entry)
    const before = await rowsOf(staying)
    const sealed = await sealedOrders(house, sellerId)
    await house.askedFor(sellerId)
    expect((await house.sweep()).begun).toBe(1)

    // one step a slice
    const stepwise = house.deps(worker, { sliceMs: -1 })
    await untilStep(house, sellerId, 'SAMPLED', stepwise)
    const comeIn = house.fresh.db.inSellerScope(entry).run(command`select`)
    await expect(comeIn).rejects.toSatisfy((error) => hasCode(error, 'session-over'))
    const sample = await sampleOf(house, sellerId)
    expect(sample.length).toBeGreaterThanOrEqual(80)
    expect(new Set(sample.map(({ column }) => column)).size).toBe(4)
    for (const one of [worker, api, deaf]) {
      expect(one.keyring.attempt(sellerId, sample)).toEqual({
        tried: sample.length,
        opened: sample.length,
      })
    }
    // of another row it is noise
    const moved = sample.map((value) => ({ ...value, rowId: sellerId }))
    expect(worker.keyring.attempt(sellerId, moved).opened).toBe(0)
    await untilStep(house, sellerId, 'DESTROYED', stepwise)
    await api.news.look()
    // told at once; not told: as long as keys live, and not a minute longer
    const openedBy = (of: typeof api) => of.keyring.attempt(sellerId, sample).opened
    expect([worker, api, deaf].map(openedBy)).toEqual([0, 0, sample.length])
    // though somebody had kept a session alive
    const kept = await revive(house, sellerId)
    const opensIn = (of: typeof api) =>
      of.keyring.forSeller(kept).then(() => openedBy(of), (error) => {
        expect(String(error)).toContain('they were destroyed')
        return 0
      })
    expect(await opensIn(deaf)).toBe(sample.length)
    house.clock.ms += 5 * 60_000
    expect(await Promise.all([worker, api, deaf].map(opensIn))).toEqual([0, 0, 0])
    await shut(sellerId)
    // and no sooner than every key is past its age is anything proved
    await untilStep(house, sellerId, 'BOUND', stepwise)
    expect(await house.slice(sellerId, stepwise)).toBe('WAITING')
    expect((await house.stands(sellerId))?.step).toBe('BOUND')

    await house.toTheEnd(sellerId, worker)
    const { told, report } = await mustCertify(house, sellerId)
    expect(report).toMatchObject({ ok: true, faults: [], irrevocable: false })
    expect(told).toMatchObject({
      ...{ seller: sellerId, mode: 'shared-alias', keysLeft: 0 },
      sample: { values: sample.length, openedBefore: sample.length },
      lastTrial: { tried: sample.length, opened: 0 },
      rows: { orders: 30 },
      closed: { people: 1, sessions: 1 },
    })
    const heard = told.trials.map(({ process }: { readonly process: string }) => process)
    expect(heard.toSorted()).toEqual([worker.id, api.id].toSorted())
    expect(told.keys.length).toBeGreaterThanOrEqual(3)

    expect(await rowsOf(staying)).toEqual(before)
    // what was sealed lies there, and is noise
    expect(await sealedOrders(house, sellerId)).toEqual(sealed)
    expect(await sampleOf(house, sellerId)).toEqual([])
    const left = await house.fresh.asSuperuser((admin) =>
      admin`
        select (select count(*) from seller_keys where seller_id = ${sellerId}
            and (state <> 'DESTROYED' or length(wrapped) > 0))::int as keys,
          (select count(*) from orders where seller_id = ${sellerId}
            and num_nonnulls(customer_phone_idx, customer_email_idx) > 0)::int as indexes,
          (select count(*) from sessions where seller_id = ${sellerId} and revoked_at is null)::int
            as sessions,
          (select status from sellers where id = ${sellerId}) as status`
    )
    expect(left[0]).toMatchObject({ keys: 0, indexes: 0, sessions: 0, status: 'OFFBOARDED' })
    expect(house.mails.filter(({ to }) => to === email).map(({ subject }) => subject))
      .toEqual(['Certificate: the keys of your seller account are destroyed'])
    expect((await verifyTrailOf(house.fresh.db, sellerId, createVerifier({ keys: [] })))?.ok).toBe(
      true,
    )
    expect((await auditOf(house, sellerId)).slice(-3))
      .toEqual(['seller.closed', 'keys.destroyed', 'seller.shredded'])
    // once more, and nothing is made anew
    const certificate = (await house.stands(sellerId))?.certificate
    await house.sweep()
    expect(await house.slice(sellerId, house.deps(worker))).toBe('DONE')
    expect((await house.stands(sellerId))?.certificate).toBe(certificate)
  })

  it('gets no keys any more, also where it never had any, and never comes back', async () => {
    const { seller: { sellerId } } = await house.openSeller(0)
    await house.fresh.asSuperuser((admin) =>
      admin`delete from seller_keys where seller_id = ${sellerId}`
    )
    await house.askedFor(sellerId)
    const { generate } = house.kms.kms
    let made = 0
    Object.assign(house.kms.kms, {
      generate: (...asked: Parameters<typeof generate>) => {
        made += 1
        return generate(...asked)
      },
    })
    await house.toTheEnd(sellerId, house.startProcess('worker'))
    Object.assign(house.kms.kms, { generate })
    const { told, report } = await mustCertify(house, sellerId)
    expect([report.ok, told.keys, told.sample.values]).toEqual([true, [], 0])
    // nor was KMS asked for any, which would make an alias for who is gone
    expect(made).toBe(0)
    const insert = house.fresh.asSuperuser((admin) =>
      admin`
        insert into seller_keys (seller_id, purpose, version, wrapped, kms_alias)
        values (${sellerId}, 'root', 1, '\\x01', 'alias/x')`
    )
    await expect(insert).rejects.toThrow('has left for good')
    const back = house.fresh.asSuperuser((admin) =>
      admin`update sellers set status = 'ACTIVE' where id = ${sellerId}`
    )
    await expect(back).rejects.toThrow('has left for good')
  })
})

describe('the shredding', () => {
  it('comes to the same end wherever it is killed, with one certificate', async () => {
    const shop = await house.openSeller(5)
    const { seller: { sellerId } } = shop
    const fileId = await connect(house, shop)
    await house.askedFor(sellerId)
    const worker = house.startProcess('worker')
    let files = 2
    const removeSome = () => Promise.resolve(files-- > 0 ? 1_000 : 0)
    // every way to die: in each step, before each transaction and behind each commit
    const dying = (at: number, behind: boolean): ShredDeps => {
      let count = 0
      const { db } = house.fresh
      const deps = house.deps(worker, { sliceMs: -1, files: { removeSome } })
      const withSellerScope: typeof db.withSellerScope = async (entry, work) => {
        count += 1
        const isTime = count === at
        if (isTime && !behind) throw new Error('killed')
        const value = await db.withSellerScope(entry, work)
        if (isTime && behind) throw new Error('killed')
        return value
      }
      return { ...deps, db: { ...db, withSellerScope } }
    }
    const diedAt: string[] = []
    const stepNow = async () => (await house.stands(sellerId))?.step ?? 'nothing'
    let step = await stepNow()
    for (let deaths = 0; step !== 'PROVED';) {
      try {
        await house.slice(sellerId, dying(1 + Math.floor(deaths / 2), deaths % 2 === 1))
        deaths = 0
      } catch (error) {
        if (!(error instanceof Error) || error.message !== 'killed') throw error
        deaths += 1
        diedAt.push(step)
      }
      const now = await stepNow()
      if (now !== step) deaths = 0
      step = now
      // who was killed behind the destruction hears of it as everybody does
      await worker.news.look()
      if (step === 'BOUND') await house.age(sellerId, 8)
    }
    expect([...new Set(diedAt)])
      .toEqual(['WAITS', 'CLOSED', 'SAMPLED', 'DESTROYED', 'CLEARED', 'EMPTIED', 'BOUND'])
    await house.toTheEnd(sellerId, worker)
    const { told, report } = await mustCertify(house, sellerId)
    expect(report.ok).toBe(true)
    expect(told).toMatchObject({
      sample: { values: 22, places: { 'shop_account_details.token_enc': 1 } },
      emptied: { 'shop_account_details.token_enc': 1, 'shop_account_details.spare_enc': 1 },
      ...{ objects: 1, closed: { schedules: 1 } },
    })
    expect(files).toBeLessThan(0)
    // of plugins that are not here as well: nothing is connected, nothing is stored, rows stay
    const [left] = await house.fresh.asSuperuser((admin) =>
      admin`
        select length(d.token_enc) as token, d.spare_enc as spare, a.needs_reconnect, o.state
        from shop_account_details d
        join marketplace_accounts a on a.seller_id = d.seller_id and a.id = d.marketplace_account_id
        join storage_objects o on o.seller_id = d.seller_id and o.id = ${fileId}
        where d.seller_id = ${sellerId}`
    )
    expect(left).toMatchObject({ token: 0, spare: null, needs_reconnect: true, state: 'GONE' })
    const trail = await auditOf(house, sellerId)
    for (const action of ['seller.closed', 'keys.destroyed', 'seller.shredded']) {
      expect(trail.filter((one) => one === action), action).toHaveLength(1)
    }
  })

  it('is not certified while a process opens anything, and is once none does', async () => {
    const { seller: { sellerId } } = await house.openSeller(2)
    await house.askedFor(sellerId)
    const worker = house.startProcess('worker')
    await untilStep(house, sellerId, 'DESTROYED', house.deps(worker, { sliceMs: -1 }))
    await worker.news.look()
    await house.fresh.asSuperuser((admin) =>
      admin`update shred_trials set opened = 1, most_opened = 1 where seller_id = ${sellerId}`
    )
    await house.age(sellerId, 31)
    await house.slice(sellerId, house.deps(worker))
    expect((await house.stands(sellerId))?.step).toBe('PROVED')
    expect(await house.sweep()).toMatchObject({ refused: 1, signed: 0 })
    expect((await house.stands(sellerId))?.certificate).toBeNull()
    // the sweep has told it anew: every process forgets and tries once more
    await worker.news.look()
    expect(await house.sweep()).toMatchObject({ refused: 0, signed: 1 })
    const { told, report } = await mustCertify(house, sellerId)
    expect([report.ok, told.trials[0].opened, told.trials[0].mostOpened]).toEqual([true, 0, 1])
  })

  it('begins neither before its day nor within two days of the notice, nor once withdrawn', async () => {
    const { seller: { sellerId, entry } } = await house.openSeller(2)
    const id = await house.askedFor(sellerId)
    const worker = house.startProcess('worker')
    const deps = house.deps(worker)
    // whatever the clock of a worker says
    const ahead = house.deps(worker, { now: () => Date.now() + 30 * 86_400_000 })
    const set = (text: string) =>
      house.fresh.asSuperuser((admin) =>
        admin.begin(async (tx) => {
          await tx.unsafe(`set local session_replication_role = 'replica'`)
          await tx.unsafe(`update seller_offboardings set ${text} where id = '${id}'`)
        })
      )
    for (
      const text of [
        `shreds_at = now() + interval '1 day'`,
        `shreds_at = now() - interval '1 day', notice_at = null`,
        `notice_at = now() - interval '40 hours'`,
        `state = 'WITHDRAWN', notice_at = now() - interval '49 hours'`,
      ]
    ) {
      await set(text)
      for (const given of [deps, ahead]) {
        expect(await house.slice(sellerId, given)).toBe('DONE')
        expect((await house.stands(sellerId))?.step, text).toBe('WAITS')
      }
    }
    expect(await house.fresh.db.inSellerScope(entry).run(command`select`)).toBe(1)
  })
})
