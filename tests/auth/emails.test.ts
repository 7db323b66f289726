/** One spelling for each address, and look-alikes that lead nowhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isEmail, normalEmail } from '../../core/auth/emails.ts'
import { findIdentity } from '../../core/auth/identities.ts'
import { type FreshDatabase, freshDatabase, makeSeller } from '../support/database.ts'
import { openAuth, plainHasher } from '../support/sign-in.ts'
import { lookAlikes } from './look-alikes.ts'

const victim = 'asha.kumar@silk-store.example'

describe('an address', () => {
  it('has one spelling: blanks around it and small letters of ASCII', () => {
    for (
      const typed of ['Asha.Kumar@Silk-Store.EXAMPLE', ` \t${victim}\r\n`, victim.toUpperCase()]
    ) {
      expect(normalEmail(typed)).toBe(victim)
      expect(isEmail(normalEmail(typed))).toBe(true)
    }
  })

  it('may be of any script, and has one @ and a domain', () => {
    const good = [
      'a@b.in',
      "o'neil+tag@x.co.in",
      'भारत@उदाहरण.भारत',
      'jürgen@münchen.example',
      'a_b-c@1.example',
    ]
    for (const one of good) expect(isEmail(normalEmail(one)), one).toBe(true)
    const bad = [
      ...['', '@', 'a@', '@b.in', 'a@b', 'a@b.', 'a@.in', 'a@b..in', 'a b@c.in', 'a@b@c.in'],
      ...['a@-b.in', 'a@b-.in', '.a@b.in', 'a.@b.in', 'a..b@c.in', '<a@b.in>', 'a\0@b.in'],
      ...['"a b"@c.in', 'a,b@c.in', 'a@[192.0.2.1]', 'a@b.in\r\nBcc: c@d.in', 'a\u200b@b.in'],
      ...['a@b\u00ad.in', '\u202ea@b.in', 'e\u0301@b.in', `${'a'.repeat(65)}@b.in`],
      `a@${'b'.repeat(250)}.in`,
    ]
    for (const one of bad) expect(isEmail(normalEmail(one)), JSON.stringify(one)).toBe(false)
  })
})

describe('look-alikes', () => {
  let fresh: FreshDatabase
  const password = 'the one password that everybody here has'
  beforeAll(async () => {
    fresh = await freshDatabase()
  })
  afterAll(() => fresh.close())

  it('are at least 200, all different, and none has the normal form of the address', () => {
    const all = lookAlikes(victim)
    expect(new Set(all).size).toBe(all.length)
    expect(all.length).toBeGreaterThanOrEqual(200)
    for (const one of all) expect(normalEmail(one), JSON.stringify(one)).not.toBe(victim)
  })

  it('reach nobody else: not by looking up, not by signing in, not by a link', async () => {
    const person = await makeSeller(fresh.db, { passwordHash: `plain:${password}` })
    await fresh.asSuperuser((sql) =>
      sql`update identities set email = ${victim} where id = ${person.identityId}`
    )
    const { auth, mails } = await openAuth(fresh.db, { hasher: plainHasher })
    const client = { ip: '192.0.2.7', userAgent: null }
    expect((await findIdentity(fresh.db, normalEmail(` ${victim.toUpperCase()}`)))?.id)
      .toBe(person.identityId)
    let tried = 0
    for (const [at, email] of lookAlikes(victim).entries()) {
      expect(await findIdentity(fresh.db, normalEmail(email)), JSON.stringify(email)).toBeNull()
      // each from its own address: it is not the throttle that refuses
      const from = { ...client, ip: `198.51.${Math.floor(at / 250)}.${at % 250}` }
      await expect(auth.signIn({ email, password, client: from }))
        .rejects.toMatchObject({ code: 'sign-in-refused' })
      auth.own.password.forgot({ email, clientIp: from.ip })
      tried++
    }
    await mails.post.drain()
    expect(tried).toBeGreaterThanOrEqual(200)
    expect(mails.mails).toEqual([])
    auth.own.password.forgot({ email: ` ${victim.toUpperCase()} `, clientIp: client.ip })
    await mails.post.drain()
    // and where one does: to the address as it is stored
    expect(mails.mails.map(({ to }) => to)).toEqual([victim])
  })

  it('are people of their own where they are addresses at all', async () => {
    const other = 'аsha.kumar@silk-store.example' // the first letter is Cyrillic
    const person = await makeSeller(fresh.db, { passwordHash: `plain:${password}` })
    await fresh.asSuperuser((sql) =>
      sql`update identities set email = ${other} where id = ${person.identityId}`
    )
    const { auth } = await openAuth(fresh.db, { hasher: plainHasher })
    const client = { ip: '192.0.2.8', userAgent: null }
    const signedIn = await auth.signIn({ email: other, password, client })
    expect(signedIn.principal.userId).toBe(person.userId)
  })
})
