/** Where a seller's keys come from, how long they stay, and that they are zeroed. */
import { describe, expect, it } from 'vitest'
import { hasCode } from '../../core/errors.ts'
import { fakeKms, fingerprint, isZero } from './fakes.ts'
import { codeOf, minute, newEntry, openPhone, sealPhone, setUp } from './keyring-set-up.ts'

describe('keys', () => {
  it('are made once, for each purpose, and found again by another process', async () => {
    const { fake, vault, keyring } = setUp()
    const entry = newEntry()
    const blob = sealPhone(await keyring.forSeller(entry, { willSeal: 1 }))
    expect(fake.rows.map(({ purpose, version }) => `${purpose} ${version}`).toSorted())
      .toEqual(['hash 1', 'index 1', 'seal 1'])
    const other = setUp({}, { fake, vault })
    expect(openPhone(await other.keyring.forSeller(entry), blob)).toBe('987')
    expect(fake.rows).toHaveLength(3)
  })

  it('are not made for who only reads', async () => {
    const { fake, kms, keyring } = setUp()
    const entry = newEntry()
    expect(await keyring.toOpen(entry)).toBeNull()
    expect([fake.rows.length, kms.given.length]).toEqual([0, 0])
    const blob = sealPhone(await keyring.forSeller(entry, { willSeal: 1 }))
    keyring.forget(entry.sellerId)
    const keys = await keyring.toOpen(entry)
    expect(keys && openPhone(keys, blob)).toBe('987')
  })

  it('are those of the first when two processes make them at once', async () => {
    for (let round = 0; round < 50; round++) {
      const one = setUp()
      const two = setUp({}, one)
      const entry = newEntry()
      const [a, b] = await Promise.all([
        one.keyring.forSeller(entry, { willSeal: 1 }),
        two.keyring.forSeller(entry, { willSeal: 1 }),
      ])
      expect(one.fake.rows).toHaveLength(3)
      expect(openPhone(b, sealPhone(a))).toBe('987')
      expect(openPhone(a, sealPhone(b))).toBe('987')
      expect(a.hash(['x'])).toEqual(b.hash(['x']))
      expect(a.index('phone', '987')).toEqual(b.index('phone', '987'))
      // six keys came out of KMS, at most six more to replace the losers; three stay in each hand
      const given = [...one.kms.given, ...two.kms.given]
      expect(given.filter((key) => !isZero(key))).toHaveLength(6)
      expect(new Set(given.filter((key) => !isZero(key)).map(fingerprint)).size).toBe(3)
    }
  })

  it('are asked for with seller, purpose and version as context', async () => {
    const contexts: unknown[] = []
    const kms = fakeKms()
    const { keyring } = setUp({
      kms: {
        ...kms,
        generate: (alias, context) => {
          contexts.push({ alias, ...context })
          return kms.generate(alias, context)
        },
      },
      aliasOf: (sellerId) => `alias/robnu/seller-${sellerId}`,
    })
    const entry = newEntry()
    await keyring.forSeller(entry)
    const alias = `alias/robnu/seller-${entry.sellerId}`
    expect(contexts).toEqual(['seal', 'index', 'hash'].map((purpose) => ({
      ...{ alias, seller: entry.sellerId, purpose, version: '1' },
    })))
  })

  it('get their alias made first where that is wished for', async () => {
    const asked: string[] = []
    const kms = fakeKms()
    const watched = {
      ...kms,
      ensureAlias: (alias: string) => Promise.resolve(void asked.push(`ensure ${alias}`)),
      generate: (...call: Parameters<typeof kms.generate>) => {
        asked.push(`generate ${call[0]}`)
        return kms.generate(...call)
      },
    }
    await setUp({ kms: watched }).keyring.forSeller(newEntry())
    expect(asked.splice(0)).toEqual(Array(3).fill('generate alias/test'))
    await setUp({ kms: watched, createMissingAlias: true }).keyring.forSeller(newEntry())
    expect(asked).toEqual(['ensure alias/test', ...Array(3).fill('generate alias/test')])
  })

  it('of a row that was moved to another seller are refused', async () => {
    const { fake, keyring, clock } = setUp()
    const [mine, theirs] = [newEntry(), newEntry()]
    await keyring.forSeller(mine)
    await keyring.forSeller(theirs)
    const [from, to] = [mine, theirs].map(({ sellerId }) =>
      fake.rows.find((row) => row.sellerId === sellerId && row.purpose === 'seal')
    )
    if (from && to) to.wrapped = from.wrapped
    clock.ms += 5 * minute
    expect(await codeOf(() => keyring.forSeller(theirs))).toContain('wrong context')
    expect(await codeOf(() => keyring.forSeller(mine))).toBe('done')
  })

  it('that were destroyed are not made again', async () => {
    const { fake, keyring, kms, clock } = setUp()
    const entry = newEntry()
    await keyring.forSeller(entry)
    fake.rows.forEach((row) => row.state = 'DESTROYED')
    keyring.forget(entry.sellerId)
    expect(await codeOf(() => keyring.forSeller(entry))).toContain('destroyed')
    clock.ms += 10 * minute
    expect(await codeOf(() => keyring.forSeller(entry, { willSeal: 1 }))).toContain('destroyed')
    expect(fake.rows).toHaveLength(3)
    expect(kms.calls).toBe(3)
  })

  it('that are destroyed while cached are not renewed', async () => {
    const { fake, keyring } = setUp()
    const entry = newEntry()
    await keyring.forSeller(entry)
    fake.rows.forEach((row) => row.state = 'DESTROYED')
    expect(await codeOf(() => keyring.forSeller(entry, { willSeal: 1 }))).toContain('destroyed')
    expect(fake.rows).toHaveLength(3)
  })
})

describe('the cache', () => {
  it('loads once for a thousand who ask at the same time', async () => {
    const { fake, kms, vault, keyring } = setUp()
    const entry = newEntry()
    await keyring.forSeller(entry)
    expect(kms.calls).toBe(3)
    const cold = setUp({}, { fake, vault })
    fake.statements.length = 0
    await Promise.all(Array.from({ length: 1_000 }, () => cold.keyring.forSeller(entry)))
    expect(cold.kms.calls).toBe(3)
    expect(fake.statements).toHaveLength(1)
  })

  it('asks nobody while it is warm, and again after its time', async () => {
    const { fake, kms, clock, keyring } = setUp()
    const entry = newEntry()
    await keyring.forSeller(entry)
    const [calls, statements] = [kms.calls, fake.statements.length]
    clock.ms += 5 * minute - 1
    await keyring.forSeller(entry)
    expect([kms.calls, fake.statements.length]).toEqual([calls, statements])
    clock.ms += 1
    await keyring.forSeller(entry)
    expect(kms.calls).toBe(calls + 3)
  })

  it('serves warm sellers while KMS is down, until their time; cold ones are refused', async () => {
    const { fake, kms, clock, keyring } = setUp()
    const [warm, cold] = [newEntry(), newEntry()]
    const blob = sealPhone(await keyring.forSeller(warm, { willSeal: 1 }))
    kms.down = true
    for (let at = 0; at < 5; at++) {
      const keys = await keyring.forSeller(warm, { willSeal: 1 })
      expect(openPhone(keys, blob)).toBe('987')
      expect(openPhone(keys, sealPhone(keys))).toBe('987')
      clock.ms += minute
    }
    expect(await codeOf(() => keyring.forSeller(warm))).toBe('keys-unavailable')
    expect(await codeOf(() => keyring.forSeller(cold))).toBe('keys-unavailable')
    expect(fake.rows.filter((row) => row.sellerId === cold.sellerId)).toEqual([])
    // nothing was cached of the failure, and what half of it brought is gone
    kms.down = false
    expect(openPhone(await keyring.forSeller(warm), blob)).toBe('987')
    expect(await codeOf(() => keyring.forSeller(cold))).toBe('done')
  })

  it('zeroes what came before KMS failed in the middle', async () => {
    const { fake, kms, keyring } = setUp()
    const entry = newEntry()
    let answers = 0
    kms.before = () => {
      kms.down = ++answers === 2
    }
    expect(await codeOf(() => keyring.forSeller(entry))).toBe('keys-unavailable')
    expect(kms.given).toHaveLength(2)
    expect(kms.given.every(isZero)).toBe(true)
    expect(fake.rows).toEqual([])
    // and the same when the keys are there
    await keyring.forSeller(entry)
    keyring.forget(entry.sellerId)
    answers = 0
    expect(await codeOf(() => keyring.forSeller(entry))).toBe('keys-unavailable')
    expect(kms.given).toHaveLength(2 + 3 + 2)
    expect(kms.given.every(isZero)).toBe(true)
  })

  it('holds so many sellers, and lets the one go that was not asked for longest', async () => {
    const { kms, keyring } = setUp({ maxSellers: 3 })
    const [a, b, c, d] = [newEntry(), newEntry(), newEntry(), newEntry()]
    for (const entry of [a, b, c, a, d]) await keyring.forSeller(entry)
    expect(kms.calls).toBe(12)
    for (const entry of [a, c, d]) await keyring.forSeller(entry)
    expect(kms.calls).toBe(12)
    await keyring.forSeller(b)
    expect(kms.calls).toBe(15)
  })

  it('zeroes evicted keys after the grace, while handles that are out work until then', async () => {
    const { kms, clock, keyring } = setUp({ maxSellers: 1 })
    const [a, b] = [newEntry(), newEntry()]
    const held = await keyring.forSeller(a, { willSeal: 2 })
    const blob = sealPhone(held)
    const ofA = kms.given.slice()
    await keyring.forSeller(b)
    expect(openPhone(held, blob)).toBe('987')
    clock.ms += minute - 1
    await keyring.forSeller(b)
    expect(openPhone(held, sealPhone(held))).toBe('987')
    expect(ofA.some(isZero)).toBe(false)
    clock.ms += 1
    await keyring.forSeller(b)
    expect(ofA.every(isZero)).toBe(true)
    // never sealed, hashed or opened with zeros
    const uses = [
      () => sealPhone(held),
      () => held.hash(['x']),
      () => held.index('phone', 'x'),
      () => openPhone(held, blob),
    ]
    for (const use of uses) expect(await codeOf(use)).toBe('keys-unavailable')
  })

  it('zeroes at once what is forgotten, and everything when it is closed', async () => {
    const { kms, keyring } = setUp({ maxSellers: 2 })
    const [a, b] = [newEntry(), newEntry()]
    const held = await keyring.forSeller(a)
    const ofA = kms.given.slice()
    await keyring.forSeller(b)
    keyring.forget(a.sellerId)
    expect(ofA.every(isZero)).toBe(true)
    expect(kms.given.slice(3).some(isZero)).toBe(false)
    expect(await codeOf(() => held.hash(['x']))).toBe('keys-unavailable')
    for (const entry of [a, newEntry(), newEntry()]) await keyring.forSeller(entry)
    // retired ones of others are left alone
    keyring.forget(newEntry().sellerId)
    expect(kms.given.filter((key) => !isZero(key))).toHaveLength(4 * 3)
    keyring.close()
    expect(kms.given.every(isZero)).toBe(true)
    expect(await codeOf(() => keyring.forSeller(b))).toContain('closed')
  })

  it('keeps nothing of a load that was under way when it was told to forget or to close', async () => {
    const { kms, keyring } = setUp()
    const entry = newEntry()
    await keyring.forSeller(entry)
    keyring.forget(entry.sellerId)
    const { before } = kms
    let forgets = 0
    kms.before = async () => {
      await before()
      if (forgets++ === 1) keyring.forget(entry.sellerId)
    }
    const held = await keyring.forSeller(entry)
    expect(kms.calls).toBe(9)
    expect(kms.given.slice(3, 6).every(isZero)).toBe(true)
    expect(held.hash(['x'])).toHaveLength(32)
    kms.before = () => keyring.close()
    expect(await codeOf(() => keyring.forSeller(newEntry()))).toContain('closed')
    expect(kms.given.every(isZero)).toBe(true)
  })

  it.each(
    [
      ['session', 'session-over'],
      ['impersonation', 'impersonation-over'],
    ] as const,
  )('lets nobody pay for the dead %s of who asked first', async (kind, code) => {
    const { fake, keyring } = setUp()
    const entry = newEntry()
    const dead = { ...entry, kind, ref: 'dead/1.1' }
    fake.over.add(dead.ref)
    const [first, ...others] = await Promise.allSettled(
      [dead, ...Array.from({ length: 20 }, () => entry)].map((one) => keyring.forSeller(one)),
    )
    expect(first?.status === 'rejected' && hasCode(first.reason, code)).toBe(true)
    expect(others.every((one) => one.status === 'fulfilled')).toBe(true)
    expect(fake.rows).toHaveLength(3)
  })
})
