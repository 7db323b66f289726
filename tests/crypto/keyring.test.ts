/** Where a seller's keys come from, how long they stay, and that they are zeroed. */
import { describe, expect, it } from 'vitest'
import { hasCode } from '../../core/errors.ts'
import { fakeKms, fingerprint, isZero } from './fakes.ts'
import {
  codeOf,
  minute,
  newEntry,
  openPhone,
  sealKeyOf,
  sealPhone,
  setUp,
} from './keyring-set-up.ts'

describe('keys', () => {
  it('are made once, for each purpose, and found again by another process', async () => {
    const { fake, vault, kms, keyring } = setUp()
    const entry = newEntry()
    const blob = sealPhone(await keyring.forSeller(entry, { willSeal: 1 }))
    expect(fake.rows.map(({ purpose, version }) => `${purpose} ${version}`).toSorted())
      .toEqual(['hash 1', 'index 1', 'root 1', 'seal 1'])
    expect(kms.calls).toBe(1)
    const other = setUp({}, { fake, vault })
    expect(openPhone(await other.keyring.forSeller(entry), blob)).toBe('987')
    expect(fake.rows).toHaveLength(4)
    expect(other.kms.calls).toBe(1)
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
      expect(one.fake.rows).toHaveLength(4)
      expect(openPhone(b, sealPhone(a))).toBe('987')
      expect(openPhone(a, sealPhone(b))).toBe('987')
      expect(a.hash(['x'])).toEqual(b.hash(['x']))
      expect(a.index('phone', '987')).toEqual(b.index('phone', '987'))
      // each made a root, and who lost asked for the other's; none is kept
      const given = [...one.kms.given, ...two.kms.given]
      expect(given.length).toBeLessThanOrEqual(3)
      expect(given.every(isZero)).toBe(true)
      expect(fingerprint(sealKeyOf(a))).toBe(fingerprint(sealKeyOf(b)))
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
    expect(contexts).toEqual([{ alias, seller: entry.sellerId, purpose: 'root', version: '1' }])
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
    expect(asked.splice(0)).toEqual(['generate alias/test'])
    await setUp({ kms: watched, createMissingAlias: true }).keyring.forSeller(newEntry())
    expect(asked).toEqual(['ensure alias/test', 'generate alias/test'])
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
    expect(fake.rows).toHaveLength(4)
    expect(kms.calls).toBe(1)
  })

  it('that are destroyed while cached are not renewed', async () => {
    const { fake, keyring } = setUp()
    const entry = newEntry()
    await keyring.forSeller(entry)
    fake.rows.forEach((row) => row.state = 'DESTROYED')
    expect(await codeOf(() => keyring.forSeller(entry, { willSeal: 1 }))).toContain('destroyed')
    expect(fake.rows).toHaveLength(4)
  })
})

describe('the cache', () => {
  it('loads once for a thousand who ask at the same time', async () => {
    const { fake, kms, vault, keyring } = setUp()
    const entry = newEntry()
    await keyring.forSeller(entry)
    expect(kms.calls).toBe(1)
    const cold = setUp({}, { fake, vault })
    fake.statements.length = 0
    await Promise.all(Array.from({ length: 1_000 }, () => cold.keyring.forSeller(entry)))
    expect(cold.kms.calls).toBe(1)
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
    expect(kms.calls).toBe(calls + 1)
  })

  it('holds so many sellers, and lets the one go that was not asked for longest', async () => {
    const { kms, keyring } = setUp({ maxSellers: 3 })
    const [a, b, c, d] = [newEntry(), newEntry(), newEntry(), newEntry()]
    for (const entry of [a, b, c, a, d]) await keyring.forSeller(entry)
    expect(kms.calls).toBe(4)
    for (const entry of [a, c, d]) await keyring.forSeller(entry)
    expect(kms.calls).toBe(4)
    await keyring.forSeller(b)
    expect(kms.calls).toBe(5)
  })

  it('zeroes evicted keys after the grace, while handles that are out work until then', async () => {
    const { clock, keyring } = setUp({ maxSellers: 1 })
    const [a, b] = [newEntry(), newEntry()]
    const held = await keyring.forSeller(a, { willSeal: 2 })
    const blob = sealPhone(held)
    const ofA = sealKeyOf(held)
    await keyring.forSeller(b)
    expect(openPhone(held, blob)).toBe('987')
    clock.ms += minute - 1
    await keyring.forSeller(b)
    expect(openPhone(held, sealPhone(held))).toBe('987')
    expect(isZero(ofA)).toBe(false)
    clock.ms += 1
    await keyring.forSeller(b)
    expect(isZero(ofA)).toBe(true)
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
    const { keyring } = setUp({ maxSellers: 2 })
    const [a, b] = [newEntry(), newEntry()]
    const held = await keyring.forSeller(a)
    const [ofA, ofB] = [sealKeyOf(held), sealKeyOf(await keyring.forSeller(b))]
    keyring.forget(a.sellerId)
    expect([isZero(ofA), isZero(ofB)]).toEqual([true, false])
    expect(await codeOf(() => held.hash(['x']))).toBe('keys-unavailable')
    const others = await Promise.all(
      [a, newEntry(), newEntry()].map((entry) => keyring.forSeller(entry)),
    )
    // retired ones of others are left alone
    keyring.forget(newEntry().sellerId)
    const all = [ofB, ...others.map((keys) => sealKeyOf(keys))]
    expect(all.some(isZero)).toBe(false)
    keyring.close()
    expect(all.every(isZero)).toBe(true)
    expect(await codeOf(() => keyring.forSeller(b))).toContain('closed')
  })

  it.each(['forget', 'renew'] as const)(
    'keeps nothing of a load that was under way when it was told to %s',
    async (told) => {
      const { kms, keyring, fake } = setUp()
      const entry = newEntry()
      await keyring.forSeller(entry)
      keyring.forget(entry.sellerId)
      const { before } = kms
      const other = newEntry()
      let calls = 0
      kms.before = async () => {
        await before()
        calls += 1
        // of another seller: nothing to do with this one
        keyring[told](other.sellerId)
        if (calls === 1) keyring[told](entry.sellerId)
      }
      const held = await keyring.forSeller(entry)
      expect(calls).toBe(2)
      expect(held.hash(['x'])).toHaveLength(32)
      expect(fake.rows).toHaveLength(4)
      kms.before = () => keyring.close()
      expect(await codeOf(() => keyring.forSeller(newEntry()))).toContain('closed')
      expect(kms.given.every(isZero)).toBe(true)
    },
  )

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
    expect(fake.rows).toHaveLength(4)
  })
})
