/** The cache alone: what happens when nobody asks, and when keys are replaced. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createKeyCache, type KeyCache } from '../../core/crypto/key-cache.ts'
import type { KeySet } from '../../core/crypto/keys.ts'
import { isZero } from './fakes.ts'

const clock = { ms: 0 }
const limits = { now: () => clock.ms, ttlMs: 100, graceMs: 10, maxSellers: 2 }
let cache: KeyCache
afterEach(() => cache.close())

const keysOf = (set: KeySet): Uint8Array[] => [...set.seals.values(), set.index, set.hash]
const newSet = (sellerId: string): KeySet => ({
  sellerId,
  seals: new Map([[1, new Uint8Array([1])], [2, new Uint8Array([2])]]),
  current: 2,
  index: new Uint8Array([3]),
  hash: new Uint8Array([4]),
  columns: new Map(),
  alive: true,
  left: 0,
  asked: new Set(),
  unknown: new Set(),
})

describe('the key cache', () => {
  it('zeroes keys of which nobody asks any more, without being asked', async () => {
    cache = createKeyCache({ ...limits, wipeEveryMs: 5 })
    const set = newSet('a')
    cache.put(set)
    clock.ms += 99
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(set.alive).toBe(true)
    clock.ms += 1
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(set.alive).toBe(true)
    clock.ms += 10
    await vi.waitUntil(() => !set.alive)
    expect(keysOf(set).every(isZero)).toBe(true)
  })

  it('zeroes keys that were replaced, after the grace', () => {
    cache = createKeyCache(limits)
    const [old, next] = [newSet('a'), newSet('a')]
    cache.put(old)
    cache.put(next)
    expect(cache.find('a')).toBe(next)
    clock.ms += 9
    expect([cache.find('a'), old.alive]).toEqual([next, true])
    clock.ms += 1
    expect([cache.find('a'), old.alive, next.alive]).toEqual([next, false, true])
    expect(keysOf(old).every(isZero)).toBe(true)
  })

  it('does not hand out keys that lack a version, and says which', () => {
    cache = createKeyCache(limits)
    const set = { ...newSet('a'), unknown: new Set([7]) }
    cache.put(set)
    expect([cache.find('a'), [...cache.lacking('a')]]).toEqual([set, []])
    set.asked.add(9)
    expect(cache.find('a')).toBe(undefined)
    expect([...cache.lacking('a')]).toEqual([9, 7])
    expect([...cache.lacking('b')]).toEqual([])
  })
})
