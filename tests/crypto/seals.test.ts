/** What is made with a seller's keys, and how the uses of a seal key are counted. */
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isZero } from './fakes.ts'
import { codeOf, newEntry, openPhone, sealPhone, setUp } from './keyring-set-up.ts'

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
    const texts = [['ab'], ['a', 'b'], ['', 'ab'], ['atb'], ['a1:b'], ['a', ''], []]
    const parts = [...texts, [null, 'ab'], ['ab', null], [new Uint8Array([97, 98])]]
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
    const { fake, vault, kms, keyring } = setUp({ sealLimit: 10, sealBlock: 4 })
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
    expect(fake.rows).toHaveLength(7)
    for (const keyringNow of [keyring, setUp({}, { fake, vault }).keyring]) {
      const keys = await keyringNow.forSeller(entry)
      for (const blob of blobs) expect(openPhone(keys, blob)).toBe('987')
    }
    keyring.close()
    expect(kms.given.every(isZero)).toBe(true)
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
    expect(one.fake.rows.filter((row) => row.state === 'CURRENT')).toHaveLength(4)
  })

  it('go on with the new version that another process has made, without making one', async () => {
    const one = setUp({ sealLimit: 10 })
    const two = setUp({ sealLimit: 10 }, one)
    const entry = newEntry()
    await two.keyring.forSeller(entry)
    for (let i = 0; i < 11; i++) await one.keyring.forSeller(entry, { willSeal: 1 })
    const calls = two.kms.calls
    // the second version's uses are with the first process: a third is due
    expect(sealPhone(await two.keyring.forSeller(entry, { willSeal: 1 }))[4]).toBe(3)
    // the root for a load, for what it made in vain, and for another load
    expect(two.kms.calls - calls).toBe(3)
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
    expect(kms.calls).toBe(calls + 1)
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
