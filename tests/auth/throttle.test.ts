import { describe, expect, it } from 'vitest'
import { createThrottle } from '../../core/auth/throttle.ts'
import { isFault } from '../../core/errors.ts'

const make = (options: { maxKeys?: number } = {}) => {
  const clock = { now: 1_000_000 }
  const throttle = createThrottle({ now: () => new Date(clock.now), ...options })
  /** How long to wait, when refused. */
  const take = (key: string): number | undefined => {
    try {
      throttle.take(key)
      return undefined
    } catch (error) {
      return isFault(error) && error.code === 'sign-in-throttled' ? error.retryAfterSeconds : -1
    }
  }
  return { clock, throttle, take }
}
const minutes = 60_000

describe('the throttle', () => {
  it('lets 10 tries pass in any 15 minutes, and tells when the next may come', () => {
    const { clock, take } = make()
    for (let tries = 0; tries < 10; tries++) {
      expect(take('a')).toBeUndefined()
      clock.now += minutes
    }
    // the first one is 10 minutes old
    expect(take('a')).toBe(5 * 60)
    expect(take('a')).toBe(5 * 60)
    clock.now += 5 * minutes - 1
    expect(take('a')).toBe(1)
    clock.now += 1
    expect(take('a')).toBeUndefined()
    // the second one leaves the window a minute later
    expect(take('a')).toBe(60)
  })

  it('counts every source for itself, and none that is refused', () => {
    const { take } = make()
    for (let tries = 0; tries < 30; tries++) take('a')
    expect(take('b')).toBeUndefined()
  })

  it('forgets the source of a success', () => {
    const { throttle, take } = make()
    for (let tries = 0; tries < 10; tries++) take('a')
    throttle.clear('a')
    for (let tries = 0; tries < 10; tries++) expect(take('a')).toBeUndefined()
    expect(take('a')).toBe(15 * 60)
  })

  it('keeps a bounded number of sources', () => {
    const { throttle, take } = make({ maxKeys: 100 })
    for (let source = 0; source < 5_000; source++) take(`source ${source}`)
    expect(throttle.size()).toBe(100)
  })
})
