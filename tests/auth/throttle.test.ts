/** Who is slowed down, and who is not: guessers, whatever they vary, and never the person themselves. */
import { describe, expect, it } from 'vitest'
import { createThrottle, type Try } from '../../core/auth/throttle.ts'
import { isFault } from '../../core/errors.ts'
import { memoryLanes } from '../support/sign-in.ts'

const minute = 60_000
const make = () => {
  const clock = { now: Date.parse('2026-02-01T00:00:00Z') }
  const throttle = createThrottle(memoryLanes(() => new Date(clock.now)))
  /** How long to wait, when refused. */
  const attempt = async (asked: Try): Promise<number | undefined> => {
    try {
      await throttle.take(asked)
      return undefined
    } catch (error) {
      return isFault(error) && error.code === 'sign-in-throttled' ? error.retryAfterSeconds : -1
    }
  }
  const passes = async (asks: readonly Try[]): Promise<number> => {
    let passed = 0
    for (const asked of asks) if (await attempt(asked) === undefined) passed++
    return passed
  }
  return { clock, throttle, attempt, passes }
}
const times = <T>(count: number, of: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => of(at))
const asha = 'asha@example.in'

describe('the throttle', () => {
  it('lets one source try 10 times in 15 minutes for one account', async () => {
    const { clock, passes, attempt } = make()
    expect(await passes(times(30, () => ({ clientIp: '192.0.2.1', account: asha })))).toBe(10)
    expect(await attempt({ clientIp: '192.0.2.1', account: asha })).toBe(900)
    expect(await attempt({ clientIp: '192.0.2.1', account: 'b@example.in' })).toBeUndefined()
    expect(await attempt({ clientIp: '192.0.2.2', account: asha })).toBeUndefined()
    clock.now += 15 * minute
    expect(await attempt({ clientIp: '192.0.2.1', account: asha })).toBeUndefined()
  })

  it('lets one source try 100 times in 15 minutes, whatever the account', async () => {
    const { passes } = make()
    const asks = times(300, (at) => ({ clientIp: '192.0.2.1', account: `${at}@example.in` }))
    expect(await passes(asks)).toBe(100)
  })

  it('takes a /64 of IPv6 for one source, and one in IPv4 clothes for what it is', async () => {
    const { passes } = make()
    const six = times(30, (at) => ({ clientIp: `2001:db8:1:2::${at.toString(16)}`, account: asha }))
    expect(await passes(six)).toBe(10)
    const four = times(30, (at) => ({
      clientIp: at % 2 ? '192.0.2.9' : '::ffff:192.0.2.9',
      account: asha,
    }))
    expect(await passes(four)).toBe(10)
  })

  it('lets nobody try one account more than 100 times a day, from wherever', async () => {
    const { clock, passes } = make()
    const from = (at: number) => ({ clientIp: `198.51.${at >> 8}.${at & 255}`, account: asha })
    expect(await passes(times(400, from))).toBe(100)
    clock.now += 12 * 60 * minute
    expect(await passes(times(50, from))).toBe(0)
    clock.now += 12 * 60 * minute + 10 * minute
    expect(await passes(times(50, from))).toBe(50)
  })

  it('lets 20,000 tries in 15 minutes pass in all', async () => {
    const { passes } = make()
    const asks = times(
      20_050,
      (at) => ({ clientIp: `10.${at >> 8}.${at & 255}.1`, account: `${at}` }),
    )
    expect(await passes(asks)).toBe(20_000)
  })

  it('lets the person in from a device that they have used, whatever others do', async () => {
    const { attempt, passes } = make()
    const attack = times(
      500,
      (at) => ({ clientIp: `198.51.${at >> 8}.${at & 255}`, account: asha }),
    )
    await passes(attack)
    await passes(times(50, () => ({ clientIp: '192.0.2.1', account: asha })))
    const home = { clientIp: '192.0.2.1', account: asha }
    expect(await attempt(home)).toBeGreaterThan(0)
    expect(await attempt({ ...home, deviceId: 'phone' })).toBeUndefined()
    // the device may be stolen: it has its own measure, and for no other account
    expect(await passes(times(30, () => ({ ...home, deviceId: 'phone' })))).toBe(9)
    expect(await attempt({ ...home, deviceId: 'laptop' })).toBeUndefined()
  })

  it('forgets the mistakes of who is let in, and no try of anybody else', async () => {
    const { throttle, passes } = make()
    const home = { clientIp: '192.0.2.1', account: asha }
    for (let day = 0; day < 11; day++) {
      expect(await passes(times(9, () => home))).toBe(9)
      const letIn = await throttle.take(home)
      await letIn()
    }
    // 11 times 9 mistakes count for the source: of its 100 tries one is left
    expect(await passes(times(30, () => ({ ...home, account: 'b@example.in' })))).toBe(1)
  })

  it('forgets what was tried for an account when its person shows up by a link', async () => {
    const { throttle, passes, attempt } = make()
    await passes(times(200, (at) => ({ clientIp: `198.51.0.${at}`, account: asha })))
    expect(await attempt({ clientIp: '192.0.2.1', account: asha })).toBeGreaterThan(0)
    await throttle.forget(asha)
    expect(await attempt({ clientIp: '192.0.2.1', account: asha })).toBeUndefined()
  })

  it('bounds proofs of who is signed in, and mails', async () => {
    const { throttle } = make()
    for (let tries = 0; tries < 10; tries++) await throttle.takeAgain('person')
    await expect(throttle.takeAgain('person')).rejects.toMatchObject({ code: 'sign-in-throttled' })
    const mails = await Promise.all(
      times(5, () => throttle.mayMail({ clientIp: '192.0.2.1', account: asha })),
    )
    expect(mails.filter(Boolean)).toHaveLength(3)
    expect(await throttle.mayMail({ clientIp: '192.0.2.2', account: asha, kind: 'reset' })).toBe(
      true,
    )
    const others = times(50, (at) => throttle.mayMail({ clientIp: '192.0.2.1', account: `${at}` }))
    expect((await Promise.all(others)).filter(Boolean)).toHaveLength(27)
  })
})
