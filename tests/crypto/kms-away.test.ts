/** What the keyring does while KMS does not answer, or refuses; and how often it asks. */
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { longestKeyMs } from '../../core/crypto/keyring.ts'
import { fault } from '../../core/errors.ts'
import { createLog } from '../../core/log.ts'
import { isZero } from './fakes.ts'
import {
  codeOf,
  minute,
  newEntry,
  openPhone,
  sealKeyOf,
  sealPhone,
  setUp,
} from './keyring-set-up.ts'

const refused = (name: string) =>
  fault('keys-unavailable', { cause: Object.assign(new Error(name), { name }) })

describe('while KMS does not answer', () => {
  it('a warm seller is served for a quarter of an hour, and a cold one is refused', async () => {
    const events: string[] = []
    const log = createLog((line) => events.push(JSON.parse(line).event), () => new Date(0))
    const { fake, kms, clock, keyring } = setUp({ log })
    const [warm, cold] = [newEntry(), newEntry()]
    const blob = sealPhone(await keyring.forSeller(warm, { willSeal: 1 }))
    kms.down = true
    const [from, calls] = [clock.ms, kms.calls]
    for (; clock.ms < from + 15 * minute; clock.ms += minute / 6) {
      const keys = await keyring.forSeller(warm, { willSeal: 1 })
      expect(openPhone(keys, blob)).toBe('987')
      expect(openPhone(keys, sealPhone(keys))).toBe('987')
      expect(await codeOf(() => keyring.forSeller(cold, { willSeal: 1 }))).toBe('keys-unavailable')
    }
    expect(fake.rows.filter((row) => row.sellerId === cold.sellerId)).toEqual([])
    // cold ones ask each time; of the warm one KMS is asked now and then, and nobody waits for it
    expect(kms.calls - calls).toBeLessThanOrEqual(2 * 90)
    kms.down = false
    expect(await codeOf(() => keyring.forSeller(cold))).toBe('done')
    clock.ms += minute
    expect(openPhone(await keyring.forSeller(warm), blob)).toBe('987')
    expect(events.filter((event) => event.startsWith('keys.kms')))
      .toEqual(['keys.kms-away', 'keys.kms-answers'])
    // and the time of the keys counts from then on
    const again = kms.calls
    clock.ms += 5 * minute
    await keyring.forSeller(warm)
    expect(kms.calls).toBe(again + 1)
  })

  it('no key becomes older than its limit, and then it is zeroed', async () => {
    const { kms, clock, keyring } = setUp({ staleMs: 7 * minute, graceMs: minute })
    const entry = newEntry()
    const key = sealKeyOf(await keyring.forSeller(entry))
    kms.down = true
    clock.ms += 7 * minute - 1
    expect(await codeOf(() => keyring.forSeller(entry))).toBe('done')
    clock.ms += 1
    expect(await codeOf(() => keyring.forSeller(entry))).toBe('keys-unavailable')
    expect(isZero(key)).toBe(false)
    kms.down = false
    await keyring.forSeller(entry)
    clock.ms += minute
    await keyring.forSeller(entry)
    expect(isZero(key)).toBe(true)
  })

  it.each(
    [
      ['destroyed', () => 'DESTROYED'],
      ['rotated elsewhere', (purpose: string) => purpose === 'seal' ? 'RETIRED' : 'CURRENT'],
    ] as const,
  )('keys that were %s are not handed out beyond their time', async (_, stateOf) => {
    const { fake, kms, clock, keyring } = setUp()
    const entry = newEntry()
    const held = await keyring.forSeller(entry)
    const key = sealKeyOf(held)
    kms.down = true
    clock.ms += 6 * minute
    expect(await codeOf(() => keyring.forSeller(entry))).toBe('done')
    fake.rows.forEach((row) => row.state = stateOf(row.purpose))
    clock.ms += minute / 6
    expect(await codeOf(() => keyring.forSeller(entry))).not.toBe('done')
    expect(isZero(key)).toBe(true)
    expect(await codeOf(() => held.hash(['x']))).toBe('keys-unavailable')
  })

  it.each(
    [['root', 1], ['seal', 1], ['index', 1], ['hash', 1]] as const,
  )(
    'a set of which "%s" %i was destroyed is not handed out beyond its time',
    async (purpose, version) => {
      const { fake, kms, clock, keyring } = setUp({ sealLimit: 9, sealBlock: 9 })
      const entry = newEntry()
      for (const _ of [1, 2]) await keyring.forSeller(entry, { willSeal: 6 })
      kms.down = true
      clock.ms += 6 * minute
      expect(await codeOf(() => keyring.forSeller(entry))).toBe('done')
      const row = fake.rows.find((one) => one.purpose === purpose && one.version === version)
      if (row) row.state = 'DESTROYED'
      clock.ms += minute / 6
      expect(await codeOf(() => keyring.forSeller(entry))).not.toBe('done')
    },
  )

  it('word of the end of the keys is heard in the middle of looking them up', async () => {
    const { fake, kms, clock, keyring } = setUp()
    const entry = newEntry()
    const key = sealKeyOf(await keyring.forSeller(entry))
    kms.down = true
    clock.ms += 6 * minute
    await keyring.forSeller(entry)
    clock.ms += minute / 6
    const asked = codeOf(() => keyring.forSeller(entry))
    fake.rows.forEach((row) => row.state = 'DESTROYED')
    keyring.forget(entry.sellerId)
    expect(await asked).not.toBe('done')
    expect(isZero(key)).toBe(true)
  })

  it('one call finds out that it answers again, and nobody waits for that call', async () => {
    const { kms, clock, keyring } = setUp()
    const entry = newEntry()
    await keyring.forSeller(entry)
    kms.down = true
    clock.ms += 5 * minute
    await keyring.forSeller(entry)
    clock.ms += minute / 6
    const answer = Promise.withResolvers<void>()
    kms.before = () => answer.promise
    const calls = kms.calls
    await Promise.all(Array.from({ length: 50 }, () => keyring.forSeller(entry)))
    clock.ms += minute / 6
    await Promise.all(Array.from({ length: 50 }, () => keyring.forSeller(entry)))
    expect(kms.calls - calls).toBe(1)
    kms.down = false
    answer.resolve()
    for (let i = 0; i < 5; i++) await turn()
    clock.ms += minute / 6
    await keyring.forSeller(entry)
    expect(kms.calls - calls).toBe(2)
    expect(kms.given.every(isZero)).toBe(true)
  })
})

describe('when KMS refuses', () => {
  it.each(['DisabledException', 'KMSInvalidStateException', 'AccessDeniedException'])(
    'with %s, a warm seller is refused as soon as its five minutes are over',
    async (name) => {
      const { kms, clock, keyring } = setUp()
      const entry = newEntry()
      await keyring.forSeller(entry)
      kms.before = () => {
        throw refused(name)
      }
      clock.ms += 5 * minute - 1
      expect(await codeOf(() => keyring.forSeller(entry))).toBe('done')
      clock.ms += 1
      expect(await codeOf(() => keyring.forSeller(entry))).toBe('keys-unavailable')
      // and an outage behind it brings them back to nobody
      kms.before = () => {}
      kms.down = true
      expect(await codeOf(() => keyring.forSeller(entry))).toBe('keys-unavailable')
    },
  )

  it('after it was away, the time of old keys is over with the next look', async () => {
    const { kms, clock, keyring } = setUp()
    const entry = newEntry()
    await keyring.forSeller(entry)
    kms.down = true
    clock.ms += 6 * minute
    await keyring.forSeller(entry)
    kms.before = () => {
      throw refused('DisabledException')
    }
    clock.ms += minute / 6
    await keyring.forSeller(entry) // this one makes KMS be asked
    for (let i = 0; i < 5; i++) await turn()
    clock.ms += minute / 6
    expect(await codeOf(() => keyring.forSeller(entry))).toBe('keys-unavailable')
  })
})

describe('calls of KMS', () => {
  it('are no more than active sellers times windows', async () => {
    const sellers = Array.from({ length: 200 }, newEntry)
    const { kms, clock, keyring, fake, vault } = setUp()
    for (const entry of sellers) await keyring.forSeller(entry)
    keyring.close()
    const { keyring: fresh, kms: asked, clock: now } = setUp({}, { fake, vault })
    expect(kms.calls).toBe(sellers.length)
    now.ms = clock.ms
    const windows = 12
    // a call of each seller in each ten seconds, of many at once
    for (let step = 0; step < windows * 30; step++) {
      const calls = sellers.flatMap((entry, i) => (i + step) % 3 === 0 ? [entry, entry, entry] : [])
      await Promise.all(calls.map((entry) => fresh.forSeller(entry, { willSeal: 4 })))
      now.ms += minute / 6
    }
    expect(asked.calls).toBeGreaterThan(sellers.length * (windows - 1) * 0.9)
    expect(asked.calls).toBeLessThanOrEqual(sellers.length * windows * 1.01)
  })

  it('are made again after so many uses, and the keys of before are zeroed', async () => {
    const { kms, clock, keyring } = setUp({ maxUses: 100 })
    const entry = newEntry()
    const held = await keyring.forSeller(entry, { willSeal: 60 })
    const key = sealKeyOf(held)
    await keyring.forSeller(entry, { willSeal: 30 })
    expect(kms.calls).toBe(1)
    const last = await keyring.forSeller(entry, { willSeal: 30 })
    expect(kms.calls).toBe(1)
    await keyring.forSeller(entry)
    expect(kms.calls).toBe(2)
    expect(openPhone(held, sealPhone(last))).toBe('987')
    clock.ms += minute
    await keyring.forSeller(entry)
    expect(isZero(key)).toBe(true)
    for (let i = 0; i < 100; i++) await keyring.toOpen(entry)
    expect(kms.calls).toBe(3)
  })
})

it('the longest time of a key is that of cache, grace and two looks of the broom', () => {
  expect(longestKeyMs).toBe(7 * minute)
})
