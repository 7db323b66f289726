/** The root of a seller, which KMS wraps and which wraps the other keys; and keys from before roots. */
import { describe, expect, it } from 'vitest'
import { readVersion } from '../../core/crypto/seal.ts'
import type { Entry } from '../../core/db/database.ts'
import { isZero } from './fakes.ts'
import { codeOf, minute, newEntry, openPhone, sealPhone, setUp } from './keyring-set-up.ts'

/** Rows as they were when KMS wrapped each key. */
const oldRows = async ({ fake, kms }: ReturnType<typeof setUp>, entry: Entry): Promise<void> => {
  for (const purpose of ['seal', 'index', 'hash']) {
    const context = { seller: entry.sellerId, purpose, version: '1' }
    const { wrapped } = await kms.generate('alias/test', context)
    fake.rows.push({
      ...{ sellerId: entry.sellerId, purpose, version: 1, wrapped, state: 'CURRENT', uses: 0 },
      root: null,
    })
  }
}

describe('keys', () => {
  it.each(
    [
      ['root', 'wrong context'],
      ['seal', 'under another root'],
    ] as const,
  )('of a row "%s" that was moved to another seller are refused', async (purpose, why) => {
    const { fake, keyring, clock } = setUp()
    const [mine, theirs] = [newEntry(), newEntry()]
    await keyring.forSeller(mine)
    await keyring.forSeller(theirs)
    const [from, to] = [mine, theirs].map(({ sellerId }) =>
      fake.rows.find((row) => row.sellerId === sellerId && row.purpose === purpose)
    )
    if (from && to) to.wrapped = from.wrapped
    clock.ms += 5 * minute
    expect(await codeOf(() => keyring.forSeller(theirs))).toContain(why)
    expect(await codeOf(() => keyring.forSeller(mine))).toBe('done')
  })

  it('that KMS wrapped before there were roots are unwrapped by it', async () => {
    const house = setUp({ sealLimit: 3, sealBlock: 3 })
    const { fake, kms, keyring } = house
    const entry = newEntry()
    await oldRows(house, entry)
    const keys = await keyring.forSeller(entry, { willSeal: 2 })
    const blob = sealPhone(keys)
    expect(kms.calls).toBe(6)
    expect(fake.rows).toHaveLength(3)
    // the next one gets a root
    const next = await keyring.forSeller(entry, { willSeal: 2 })
    expect(openPhone(next, blob)).toBe('987')
    expect(next.hash(['x'])).toEqual(keys.hash(['x']))
    expect(fake.rows.map(({ purpose, version, root }) => `${purpose} ${version} ${root}`))
      .toEqual(['seal 1 null', 'index 1 null', 'hash 1 null', 'root 1 null', 'seal 2 1'])
  })

  it('seal by the newest one that is current', async () => {
    const { fake, keyring } = setUp({ sealLimit: 9, sealBlock: 9 })
    const entry = newEntry()
    for (const _ of [1, 2]) await keyring.forSeller(entry, { willSeal: 6 })
    const versionWith = async (...states: readonly string[]) => {
      const seals = fake.rows.filter(({ purpose }) => purpose === 'seal')
      for (const [at, row] of seals.entries()) Object.assign(row, { state: states[at], uses: 0 })
      keyring.forget(entry.sellerId)
      return readVersion(sealPhone(await keyring.forSeller(entry, { willSeal: 1 })))
    }
    expect(await versionWith('CURRENT', 'CURRENT')).toBe(2)
    expect(await versionWith('CURRENT', 'RETIRED')).toBe(1)
  })

  it('are not renewed under a root that was destroyed at that moment', async () => {
    const { fake, kms, keyring } = setUp({ sealLimit: 3, sealBlock: 3 })
    const entry = newEntry()
    await keyring.forSeller(entry, { willSeal: 3 })
    kms.before = () => fake.rows.forEach((row) => row.state = 'DESTROYED')
    expect(await codeOf(() => keyring.forSeller(entry, { willSeal: 3 }))).toContain('destroyed')
    expect(fake.rows).toHaveLength(4)
  })

  it('zeroes what came before KMS failed in the middle', async () => {
    const house = setUp()
    const { kms, keyring } = house
    const entry = newEntry()
    await oldRows(house, entry)
    kms.given.length = 0
    let answers = 0
    kms.before = () => {
      kms.down = ++answers === 2
    }
    expect(await codeOf(() => keyring.forSeller(entry))).toBe('keys-unavailable')
    expect(kms.given).toHaveLength(2)
    expect(kms.given.every(isZero)).toBe(true)
  })

  it('zeroes what it was loading when word came that it is over', async () => {
    const house = setUp()
    const { kms, keyring } = house
    const entry = newEntry()
    await oldRows(house, entry)
    kms.given.length = 0
    kms.before = () => {
      kms.before = () => {}
      keyring.forget(entry.sellerId)
    }
    await keyring.forSeller(entry)
    expect(kms.given.map(isZero)).toEqual([true, true, true, false, false, false])
  })

  it('zeroes a root as soon as it has done its work', async () => {
    const { kms, keyring } = setUp({ sealLimit: 3, sealBlock: 3 })
    const entry = newEntry()
    await keyring.forSeller(entry, { willSeal: 3 })
    await keyring.forSeller(entry, { willSeal: 3 })
    expect(kms.given.length).toBeGreaterThan(1)
    expect(kms.given.every(isZero)).toBe(true)
  })
})
