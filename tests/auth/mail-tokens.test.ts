/** Tokens of links: good once, for a time, for one thing, and stored as nothing that opens. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  findMailToken,
  type MailTokenPurpose,
  makeMailToken,
  takeMailToken,
  voidMailTokens,
} from '../../core/auth/mail-tokens.ts'
import { newId } from '../../core/ids.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh.close())

const hour = 60 * 60_000
const open = () => {
  const clock = { now: Date.now() }
  const now = () => new Date(clock.now)
  const email = `${newId()}@example.in`
  const inScope = <T>(work: Parameters<typeof fresh.db.withPlatformScope<T>>[1]) =>
    fresh.db.withPlatformScope('test', work)
  return {
    clock,
    email,
    make: (purpose: MailTokenPurpose = 'SIGN_UP', data = {}) =>
      inScope((tx) => makeMailToken(tx, { purpose, email, data, lifeMs: hour }, { now })),
    find: (token: string, purpose: MailTokenPurpose = 'SIGN_UP') =>
      inScope((tx) => findMailToken(tx, purpose, token, now)),
    take: (token: string, purpose: MailTokenPurpose = 'SIGN_UP') =>
      inScope((tx) => takeMailToken(tx, purpose, token, now)),
    forget: () => inScope((tx) => voidMailTokens(tx, 'SIGN_UP', email)),
  }
}

describe('a token of a link', () => {
  it('brings back what it was made with, once, to one of all who bring it', async () => {
    const { email, make, find, take } = open()
    const token = await make('SIGN_UP', { seller_name: 'Asha Textiles' })
    expect(token).toMatch(/^[\w-]{43}$/)
    const told = { email, identityId: null, data: { seller_name: 'Asha Textiles' } }
    expect([await find(token), await find(token)]).toEqual([told, told])
    await Promise.all(Array.from({ length: 8 }, () => find(token)))
    const taken = await Promise.all(Array.from({ length: 6 }, () => take(token)))
    expect(taken.filter((one) => one !== null)).toEqual([told])
    expect([await find(token), await take(token)]).toEqual([null, null])
  })

  it('is good for its time, to the millisecond', async () => {
    for (const [ms, isGood] of [[-1, true], [0, false], [1, false]] as const) {
      const { clock, make, find, take } = open()
      const token = await make()
      clock.now += hour + ms
      expect([await find(token) !== null, await take(token) !== null], `${ms} ms`)
        .toEqual([isGood, isGood])
    }
  })

  it('is good for what it was made for, and for no part of itself', async () => {
    const { make, find, take } = open()
    const token = await make('PASSWORD_RESET')
    expect([await find(token), await take(token)]).toEqual([null, null])
    for (const wrong of ['', token.slice(1), `${token} `, token.toLowerCase()]) {
      expect(await take(wrong, 'PASSWORD_RESET')).toBeNull()
    }
    expect(await take(token, 'PASSWORD_RESET')).not.toBeNull()
  })

  it('goes with the others of its address, and is not kept for ever', async () => {
    const { clock, email, make, take, forget } = open()
    const tokens = [await make(), await make()]
    await forget()
    for (const token of tokens) expect(await take(token)).toBeNull()
    await make()
    clock.now += 26 * hour
    // of somebody else: whoever asks next cleans up
    await make('PASSWORD_RESET')
    const [row] = await fresh.asSuperuser((sql) =>
      sql`select count(*)::int as kept from mail_tokens where email = ${email}`
    )
    expect(row).toEqual({ kept: 1 })
  })
})
