/** What the last step waits for and looks at, whom the certificate names, and sellers with very much or nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault } from '../../../core/errors.ts'
import { moveOn } from '../../../core/ledger/offboarding/rows.ts'
import { writeReports } from '../../../core/queues/plugins.ts'
import { type House, mustCertify, openHouse, sampleOf, sealedOrders, untilStep } from './support.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

describe('the shredding', () => {
  it('waits for every key and every address, and names who was there and said nothing', async () => {
    const { seller: { sellerId } } = await house.openSeller(2)
    await house.askedFor(sellerId)
    const [worker, api, hung, gone] = [
      house.startProcess('worker'),
      house.startProcess('api'),
      house.startProcess('api'),
      house.startProcess('api'),
    ]
    const report = { plugin: 'bazaar', state: 'running', version: '1.0.0' } as const
    await house.fresh.db.withPlatformScope('test', async (tx) => {
      for (const { id } of [worker, api, hung, gone]) {
        const since = new Date()
        const told = { ...report, trust: 'in-process', generation: 1, cause: null, since } as const
        await writeReports(tx, { id, parts: 'api' }, [told])
      }
    })
    await house.fresh.asSuperuser((admin) =>
      admin`update plugin_states set seen_at = now() - interval '2 hours'
        where process_id = ${gone.id}`
    )
    // a file that somebody was still sending when all were removed
    const files = [1_000, 0]
    const config = { ROBNU_BACKUP_DAYS: 30, AWS_S3_PER_SELLER_KMS: false }
    const withStale = (minutes: number) =>
      house.deps(worker, {
        // whatever the clock of a worker says
        now: () => Date.now() + 30 * 86_400_000,
        config: { ...config, ROBNU_KMS_STALE_MINUTES: minutes },
        files: { removeSome: () => Promise.resolve(files.shift() ?? 0) },
      })
    await untilStep(house, sellerId, 'BOUND', withStale(60))
    for (const one of [worker, api]) await one.news.look()
    expect(files).toEqual([])
    files.push(1, 1)
    let past = 0
    const after = async (minutes: number, stale: number) => {
      await house.age(sellerId, minutes - past)
      past = minutes
      await house.slice(sellerId, withStale(stale))
      return (await house.stands(sellerId))?.step
    }
    // an address of an upload works for half an hour; without KMS keys are kept for longer
    expect(await after(29, 0)).toBe('BOUND')
    expect(await after(61, 60)).toBe('BOUND')
    expect(files).toEqual([1, 1])
    expect(await after(63, 60)).toBe('PROVED')
    expect(files).toEqual([])
    await house.sweep()
    const { told, report: verdict } = await mustCertify(house, sellerId)
    expect(verdict.ok).toBe(true)
    expect(told.lastTrial.keyAgeMs).toBe(62 * 60_000)
    const named = (of: readonly { readonly process: string }[]) =>
      of.map(({ process }) => process).toSorted()
    expect(named(told.trials)).toEqual([worker.id, api.id].toSorted())
    expect(named(told.silent)).toEqual([hung.id])
  })

  it('is not proved while keys load, also where there was nothing to be tried', async () => {
    const { seller: { sellerId, entry } } = await house.openSeller(0)
    const worker = house.startProcess('worker')
    const keys = await worker.keyring.forSeller(entry)
    await house.askedFor(sellerId)
    await untilStep(house, sellerId, 'BOUND', house.deps(worker, { sliceMs: -1 }))
    await house.age(sellerId, 40)
    const toOpen = () => Promise.resolve(keys)
    await house.slice(sellerId, house.deps(worker, { keyring: { ...worker.keyring, toOpen } }))
    expect((await house.stands(sellerId))?.step).toBe('BOUND')
    await house.slice(sellerId, house.deps(worker))
    expect((await house.stands(sellerId))?.step).toBe('PROVED')
    // a mail that does not leave is sent again
    const mails = () => house.mails.filter(({ text }) => text.includes(sellerId)).length
    const sendMail = () => Promise.resolve(false)
    expect(await house.sweep({ sendMail })).toMatchObject({ signed: 1, unsent: 1 })
    expect([await house.sweep(), mails()]).toMatchObject([{ signed: 0, unsent: 0 }, 1])
    expect([await house.sweep(), mails()]).toMatchObject([{ signed: 0, unsent: 0 }, 1])
  })

  it('undoes a step that somebody else has done meanwhile', async () => {
    const { seller: { sellerId, entry } } = await house.openSeller(0)
    const id = await house.askedFor(sellerId)
    const late = house.fresh.db.withSellerScope(
      entry,
      (scope) => moveOn(scope, { id, step: 'CLOSED' }, 'SAMPLED', {}),
    )
    await expect(late).rejects.toThrow('not at the step "CLOSED" any more')
  })

  it('empties many rows slice by slice', async () => {
    const { seller: { sellerId } } = await house.openSeller(0)
    await house.fresh.asSuperuser(async (admin) => {
      await admin.unsafe(`
        create table shop_notes (seller_id uuid not null, id uuid not null, buyer_idx bytea,
          primary key (seller_id, id));
        select app_protect('shop_notes', 'select, update')`)
      await admin`
        insert into shop_notes select ${sellerId}, gen_random_uuid(), sha256('x')
        from generate_series(1, 2001)`
    })
    await house.askedFor(sellerId)
    const stepwise = house.deps(house.startProcess('worker'), { sliceMs: -1 })
    await untilStep(house, sellerId, 'DESTROYED', stepwise)
    const left = () =>
      house.fresh.asSuperuser(async (admin) =>
        (await admin`select from shop_notes where buyer_idx is not null`).length
      )
    await house.slice(sellerId, stepwise)
    expect([(await house.stands(sellerId))?.step, await left()]).toEqual(['DESTROYED', 1])
    await house.slice(sellerId, stepwise)
    expect([(await house.stands(sellerId))?.step, await left()]).toEqual(['CLEARED', 0])
    expect((await house.stands(sellerId))?.facts.cleared).toMatchObject({
      'shop_notes.buyer_idx': 2_001,
    })
  })

  it('leaves out what was spoilt before, and tells the ledger what it opened', async () => {
    const { seller: { sellerId } } = await house.openSeller(3)
    const [first] = await sealedOrders(house, sellerId)
    await house.fresh.asSuperuser((admin) =>
      admin`update orders set customer_phone_enc = '\\x0100' where id = ${first?.id ?? null}`
    )
    await house.askedFor(sellerId)
    const worker = house.startProcess('worker')
    await untilStep(house, sellerId, 'SAMPLED', house.deps(worker, { sliceMs: -1 }))
    const sample = await sampleOf(house, sellerId)
    expect((await house.stands(sellerId))?.facts.sample).toMatchObject({ unreadable: 1 })
    const [ledger] = await house.fresh.asSuperuser((admin) =>
      admin`
        select sum(opened)::int as opened from decrypt_ledger
        where seller_id = ${sellerId} and purpose = 'keys.shred'`
    )
    expect([sample.length, ledger?.['opened']]).toEqual([11, 11])
  })

  it('waits for a KMS that is away, and for none that has lost the key', async () => {
    const away = (name: string) => () =>
      Promise.reject(fault('keys-unavailable', { cause: Object.assign(new Error(), { name }) }))
    const { unwrap } = house.kms.kms
    const sampledWith = async (name: string) => {
      const { seller: { sellerId } } = await house.openSeller(2)
      await house.askedFor(sellerId)
      const worker = house.startProcess('worker')
      Object.assign(house.kms.kms, { unwrap: away(name) })
      const state = await house.slice(sellerId, house.deps(worker))
      const step = (await house.stands(sellerId))?.step
      Object.assign(house.kms.kms, { unwrap })
      await house.toTheEnd(sellerId, worker)
      const { told, report } = await mustCertify(house, sellerId)
      return [state, step, told.sample.values, report.ok]
    }
    expect(await sampledWith('TimeoutError')).toEqual(['WAITING', 'CLOSED', 8, true])
    expect(await sampledWith('NotFoundException')).toEqual(['WAITING', 'BOUND', 0, true])
    // KMS answers, and it is none that has wrapped them: somebody has a day to mend that
    const { seller: { sellerId } } = await house.openSeller(2)
    await house.askedFor(sellerId)
    const worker = house.startProcess('worker')
    const refused = new Error('Cannot unwrap a key: KMS refused with InvalidCiphertextException')
    Object.assign(house.kms.kms, { unwrap: () => Promise.reject(refused) })
    const at = async (hours: number) => {
      const now = () => Date.now() + hours * 3_600_000
      await house.slice(sellerId, house.deps(worker, { now, sliceMs: -1 }))
      return (await house.stands(sellerId))?.step
    }
    expect([await at(0), await at(0), await at(23), await at(25)])
      .toEqual(['CLOSED', 'CLOSED', 'CLOSED', 'SAMPLED'])
    Object.assign(house.kms.kms, { unwrap })
  })
})
