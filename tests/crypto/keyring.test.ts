/** The keyring against a database and a key service in memory, on a clock that the test moves. */
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { createKeyring, type KeyringOptions } from '../../core/crypto/keyring.ts'
import { openerOf, type SellerKeys } from '../../core/crypto/keys.ts'
import { openText } from '../../core/crypto/seal.ts'
import type { Entry } from '../../core/db/database.ts'
import { hasCode } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { type FakeDatabase, fakeDatabase, fakeKms, fingerprint, isZero } from './fakes.ts'

const minute = 60_000
const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

const setUp = (options: Partial<KeyringOptions> = {}, shared?: {
  fake: FakeDatabase
  vault: Map<string, Uint8Array>
}) => {
  const vault = shared?.vault ?? new Map<string, Uint8Array>()
  const fake = shared?.fake ?? fakeDatabase()
  const kms = fakeKms(vault)
  kms.before = () => expect(fake.isInScope(), 'a scope is open while KMS is asked').toBe(false)
  const clock = { ms: 1_000_000 }
  const keyring = createKeyring({
    db: fake.db,
    kms,
    aliasOf: () => 'alias/test',
    createMissingAlias: false,
    now: () => clock.ms,
    log: silentLog,
    ...options,
  })
  closing.push(keyring.close)
  return { vault, fake, kms, clock, keyring }
}
const newEntry = (): Entry => ({ sellerId: newId(), kind: 'session', ref: `${newId()}/1.1` })
const sealPhone = (keys: SellerKeys, rowId = 'r1') => keys.seal('orders', 'phone_enc', rowId, '987')
const openPhone = (keys: SellerKeys, blob: Uint8Array, rowId = 'r1') => {
  const { keyOf, column } = openerOf(keys)
  return openText(keyOf, column('orders', 'phone_enc'), rowId, blob)
}
const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
    return 'done'
  } catch (error) {
    return hasCode(error, 'keys-unavailable') ? 'keys-unavailable' : String(error)
  }
}

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

describe('what keys make', () => {
  it('differs between sellers, columns and parts, and is stable', async () => {
    const { keyring } = setUp()
    const [a, b] = [await keyring.forSeller(newEntry()), await keyring.forSeller(newEntry())]
    expect(a.index('phone', '987')).toEqual(a.index('phone', '987'))
    expect(a.index('phone', '987')).toHaveLength(16)
    expect(a.index('phone', '987').buffer.byteLength).toBe(16)
    expect(a.index('phone', '987')).not.toEqual(b.index('phone', '987'))
    expect(a.index('phone', '987')).not.toEqual(a.index('email', '987'))
    expect(a.index('phone', '9')).not.toEqual(a.index('phone9', ''))
    const parts = [['ab'], ['a', 'b'], ['', 'ab'], [null, 'ab'], ['ab', null], [
      new Uint8Array([97, 98]),
    ], []]
    const hashes = parts.map((one) => Buffer.from(a.hash(one)).toString('hex'))
    expect(new Set(hashes).size).toBe(parts.length)
    expect(hashes.every((one) => one.length === 64)).toBe(true)
    expect(a.hash(['ab'])).not.toEqual(b.hash(['ab']))
  })

  it('collides at most once in a hundred in 100,000 blind indexes: not at all', async () => {
    const { keyring } = setUp()
    const keys = await keyring.forSeller(newEntry())
    const seen = new Set<string>()
    for (let i = 0; i < 100_000; i++) {
      seen.add(Buffer.from(keys.index('phone', `+9198${i}`)).toString('latin1'))
    }
    expect(seen.size).toBe(100_000)
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
    const { before } = kms
    kms.before = async () => {
      await before()
      if (kms.calls >= 3) kms.down = true
    }
    expect(await codeOf(() => keyring.forSeller(entry))).toBe('keys-unavailable')
    expect(kms.given.every(isZero)).toBe(true)
    expect(fake.rows).toEqual([])
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
    const { kms, keyring } = setUp()
    const [a, b] = [newEntry(), newEntry()]
    const held = await keyring.forSeller(a)
    const ofA = kms.given.slice()
    await keyring.forSeller(b)
    keyring.forget(a.sellerId)
    expect(ofA.every(isZero)).toBe(true)
    expect(kms.given.slice(3).some(isZero)).toBe(false)
    expect(await codeOf(() => held.hash(['x']))).toBe('keys-unavailable')
    await keyring.forSeller(a)
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

  it('lets nobody pay for the dead session of who asked first', async () => {
    const { fake, keyring } = setUp()
    const entry = newEntry()
    const dead = { ...entry, ref: 'dead/1.1' }
    fake.over.add(dead.ref)
    const [first, ...others] = await Promise.allSettled(
      [dead, ...Array.from({ length: 20 }, () => entry)].map((one) => keyring.forSeller(one)),
    )
    expect(first?.status === 'rejected' && hasCode(first.reason, 'session-over')).toBe(true)
    expect(others.every((one) => one.status === 'fulfilled')).toBe(true)
    expect(fake.rows).toHaveLength(3)
  })
})

describe('seals', () => {
  it('are reserved in blocks before, and cost no statement', async () => {
    const { fake, keyring } = setUp()
    const entry = newEntry()
    const keys = await keyring.forSeller(entry, { willSeal: 1_000 })
    const before = fake.statements.length
    for (let i = 0; i < 1_000; i++) sealPhone(keys)
    for (let i = 0; i < 64; i++) await keyring.forSeller(entry, { willSeal: 1_000 })
    expect(fake.statements.length).toBe(before)
    expect(fake.rows.map(({ purpose, uses }) => [purpose, uses])).toContainEqual(['seal', 65_536])
    await keyring.forSeller(entry, { willSeal: 1_000 })
    await keyring.forSeller(entry, { willSeal: 200_000 })
    expect(fake.rows.find(({ purpose }) => purpose === 'seal')?.uses).toBe(2 * 65_536 + 200_000)
  })

  it('beyond what was announced are refused', async () => {
    const { keyring } = setUp()
    const entry = newEntry()
    const keys = await keyring.forSeller(entry, { willSeal: 1 })
    sealPhone(keys)
    expect(() => sealPhone(keys)).toThrow('only 1 seals were announced')
    const reader = await keyring.forSeller(entry)
    expect(() => sealPhone(reader)).toThrow('only 0 seals were announced')
    expect(await codeOf(() => keyring.forSeller(entry, { willSeal: -1 }))).toContain('RangeError')
    expect(await codeOf(() => keyring.forSeller(entry, { willSeal: 1.5 }))).toContain('RangeError')
  })

  it('use a new version of the key at the limit, and the old ones stay readable', async () => {
    const { fake, vault, keyring } = setUp({ sealLimit: 10, sealBlock: 4 })
    const entry = newEntry()
    const blobs: Uint8Array[] = []
    for (let i = 0; i < 40; i++) {
      blobs.push(sealPhone(await keyring.forSeller(entry, { willSeal: 1 })))
    }
    const versions = blobs.map((blob) => blob[4])
    expect(versions).toEqual(Array.from({ length: 40 }, (_, i) => 1 + Math.floor(i / 10)))
    const seals = fake.rows.filter(({ purpose }) => purpose === 'seal')
    expect(seals.map(({ version, state, uses }) => [version, state, uses])).toEqual([
      ...[[1, 'RETIRED', 10], [2, 'RETIRED', 10], [3, 'RETIRED', 10], [4, 'CURRENT', 10]],
    ])
    expect(fake.rows).toHaveLength(6)
    for (const keyringNow of [keyring, setUp({}, { fake, vault }).keyring]) {
      const keys = await keyringNow.forSeller(entry)
      for (const blob of blobs) expect(openPhone(keys, blob)).toBe('987')
    }
  })

  it('of a hundred at once in two processes never exceed the limit of a version', async () => {
    const one = setUp({ sealLimit: 50, sealBlock: 7 })
    const two = setUp({ sealLimit: 50, sealBlock: 7 }, one)
    const entry = newEntry()
    const sealed = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const keyring = i % 2 ? one.keyring : two.keyring
        const keys = await keyring.forSeller(entry, { willSeal: 3 })
        return [sealPhone(keys), sealPhone(keys), sealPhone(keys)]
      }),
    )
    const uses = new Map<number, number>()
    for (const blob of sealed.flat()) uses.set(blob[4] ?? 0, (uses.get(blob[4] ?? 0) ?? 0) + 1)
    expect([...uses.values()].reduce((a, b) => a + b)).toBe(600)
    expect(Math.max(...uses.values())).toBeLessThanOrEqual(50)
    expect(one.fake.rows.filter((row) => row.state === 'CURRENT')).toHaveLength(3)
  })

  it('of a version that another process made open after one refusal', async () => {
    const one = setUp({ sealLimit: 10 })
    const two = setUp({ sealLimit: 10 }, one)
    const entry = newEntry()
    await two.keyring.forSeller(entry)
    for (let i = 0; i < 10; i++) await one.keyring.forSeller(entry, { willSeal: 1 })
    const blob = sealPhone(await one.keyring.forSeller(entry, { willSeal: 1 }))
    expect(blob[4]).toBe(2)
    const stale = await two.keyring.forSeller(entry)
    expect(await codeOf(() => openPhone(stale, blob))).toBe('keys-unavailable')
    expect(openPhone(await two.keyring.forSeller(entry), blob)).toBe('987')
  })

  it('of a version that does not exist load once more and are then refused by name', async () => {
    const { kms, keyring } = setUp()
    const entry = newEntry()
    const blob = sealPhone(await keyring.forSeller(entry, { willSeal: 1 }))
    blob[4] = 9
    const calls = kms.calls
    expect(await codeOf(async () => openPhone(await keyring.forSeller(entry), blob)))
      .toBe('keys-unavailable')
    for (let i = 0; i < 5; i++) {
      const refusal = await codeOf(async () => openPhone(await keyring.forSeller(entry), blob))
      expect(refusal).toContain('"orders.phone_enc" of row "r1"')
      expect(refusal).toContain('version 9')
    }
    expect(kms.calls).toBe(calls + 3)
  })

  it('never take a nonce twice, whoever of a process seals', async () => {
    const source = new Uint8Array(randomBytes(1 << 16))
    let used = 0
    const { keyring } = setUp({
      random: (bytes) => {
        bytes.set(source.subarray(used, used += bytes.length))
        return bytes
      },
    })
    const handles = await Promise.all(
      [newEntry(), newEntry()].map((entry) => keyring.forSeller(entry, { willSeal: 1_000 })),
    )
    const nonces = Array.from({ length: 1_000 }, () => handles.map((keys) => sealPhone(keys)))
      .flat()
      .map((blob) => Buffer.from(blob.subarray(5, 17)).toString('hex'))
    expect(new Set(nonces).size).toBe(2_000)
  })
})
