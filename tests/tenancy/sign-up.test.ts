/** A seller comes: by a link to an address, whoever has it; and by somebody who is signed in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refreshCookieName } from '../../core/http/cookie.ts'
import { newId } from '../../core/ids.ts'
import { type Answer, chosen, openTenancyWorld, password, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openTenancyWorld()
})
afterAll(() => world.close())

const address = () => `asha-${newId()}@example.in`
const signUp = (email: string, seller_name = 'Asha Textiles') =>
  world.ask('/v1/auth/sign-up', { json: { email, seller_name } })
const confirm = (token: string, word = chosen, more: object = {}) =>
  world.ask('/v1/auth/sign-up/confirm', { json: { token, password: word, ...more } })
const linkFor = async (email: string, name?: string): Promise<string> => {
  await signUp(email, name)
  return await world.mails.tokenFor(email)
}
const outcome = ({ status, body }: Answer) => status < 400 ? status : body.code
const plain = ({ status, body, headers }: Answer) => {
  const told = [...headers].filter(([name]) => name !== 'x-request-id')
  return JSON.stringify([status, body, told])
}
const mailsTo = async (email: string): Promise<number> => {
  await world.mails.post.drain()
  return world.mails.mails.filter(({ to }) => to === email).length
}

describe('asking', () => {
  it('is answered alike for an address that is known and for one that is not', async () => {
    const { email } = await world.owner()
    const answers = [await signUp(email), await signUp(address()), await signUp(address())]
    expect(new Set(answers.map(plain)).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 202, body: null })
    expect(await mailsTo(email)).toBe(1)
  })

  it('looks nothing up before the answer', async () => {
    const email = address()
    const { status } = await signUp(email)
    const sent = world.mails.mails.length
    expect(status).toBe(202)
    expect(await mailsTo(email)).toBe(1)
    expect(world.mails.mails.length).toBe(sent + 1)
  })

  it('sends the link and not the name that somebody chose', async () => {
    const email = address()
    const token = await linkFor(email, 'Win a prize at prizes.example')
    const mail = world.mails.mails.findLast(({ to }) => to === email)
    expect(mail?.text).toContain(token)
    expect(mail?.text + (mail?.subject ?? '')).not.toContain('prize')
  })

  it('fills nobody’s mailbox: three mails an hour, and the answer stays the same', async () => {
    const email = address()
    const answers: string[] = []
    for (let n = 0; n < 6; n++) answers.push(plain(await signUp(email)))
    expect(new Set(answers).size).toBe(1)
    expect(await mailsTo(email)).toBe(3)
  })

  it('refuses what is no address, no name, or a member too many', async () => {
    const email = address()
    for (
      const json of [
        { email: 'no address', seller_name: 'A' },
        { email, seller_name: ' ' },
        { email, seller_name: 'two\nlines' },
        { email, seller_name: 'x'.repeat(101) },
        { email },
        { email, seller_name: 'A', plan: 'PAID' },
        { email, seller_name: 'A', role: 'OWNER' },
      ]
    ) {
      expect(outcome(await world.ask('/v1/auth/sign-up', { json })), JSON.stringify(json))
        .toBe('invalid-request')
    }
    expect(await mailsTo(email)).toBe(0)
  })
})

describe('confirming', () => {
  it('makes person, seller and OWNER, and signs in', async () => {
    const email = address()
    // the mail goes to the one spelling that an address has
    await signUp(` ${email.toUpperCase()}`)
    const made = await confirm(await world.mails.tokenFor(email))
    expect(made.status).toBe(201)
    const { user, seller } = made.body
    expect(user.role).toBe('OWNER')
    expect(seller.name).toBe('Asha Textiles')
    expect(made.headers.getSetCookie().join()).toContain(`${refreshCookieName}=`)
    const me = await world.ask('/v1/me', { cookie: made.cookie })
    expect(me.body).toMatchObject({
      user: { id: user.id, role: 'OWNER' },
      seller: { id: seller.id },
    })
    const people = await world.ask('/v1/users', { cookie: made.cookie })
    expect(people.body.data).toMatchObject([{ id: user.id, email, role: 'OWNER' }])
    const read = await world.ask('/v1/seller', { cookie: made.cookie })
    expect(read.body).toMatchObject({ plan: 'EARLY_ACCESS', status: 'ACTIVE', warning: null })
    expect(outcome(await world.signIn(email, chosen))).toBe(200)
    expect(await world.auditOf(seller.id)).toEqual([
      {
        action: 'seller.created',
        target: `seller:${seller.id}`,
        data: { name: 'Asha Textiles' },
        actor: user.id,
      },
      { action: 'user.added', target: `user:${user.id}`, data: { role: 'OWNER' }, actor: user.id },
    ])
    const [identity] = await world.fresh.asSuperuser((admin) =>
      admin`select email_verified_at from identities where email = ${email}`
    )
    expect(identity?.email_verified_at).toBeInstanceOf(Date)
  })

  it('takes a link once, of all who bring it at once', async () => {
    const token = await linkFor(address())
    const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(token)))
    const outcomes = answers.map(outcome)
    expect(outcomes.filter((one) => one === 201)).toHaveLength(1)
    for (const one of outcomes) {
      expect(['link-refused', 'sign-in-refused', 201]).toContain(one)
    }
    expect(outcome(await confirm(token))).toBe('link-refused')
  })

  it('takes no link of a day ago, none of a reset, and none that nobody sent', async () => {
    const email = address()
    const token = await linkFor(email)
    world.clock.now += 24 * 3_600_000
    expect(outcome(await confirm(token))).toBe('link-refused')
    const next = await linkFor(email)
    world.clock.now += 24 * 3_600_000 - 1_000
    expect(outcome(await confirm(next))).toBe(201)
    await world.ask('/v1/auth/password/forgot', { json: { email } })
    const reset = await world.mails.tokenFor(email)
    expect(reset).not.toBe(next)
    expect(outcome(await confirm(reset))).toBe('link-refused')
    expect(outcome(await confirm('x'.repeat(43)))).toBe('link-refused')
  })

  it('leaves the link good when the password may not be chosen', async () => {
    const email = address()
    const token = await linkFor(email, 'Kanchipuram Silks')
    for (const word of ['short', 'password1234', 'Kanchipuram Silks']) {
      const refused = await confirm(token, word)
      expect(outcome(refused), word).toBe('password-refused')
      expect(JSON.stringify(refused.body)).not.toContain(word)
    }
    expect(outcome(await confirm(token))).toBe(201)
  })

  it('asks a person who is known for their own password', async () => {
    const { email, identityId } = await world.owner()
    const token = await linkFor(email, 'Second Stall')
    expect(outcome(await confirm(token, chosen))).toBe('sign-in-refused')
    const made = await confirm(token, password)
    expect(made.status).toBe(201)
    expect(made.body.seller.name).toBe('Second Stall')
    const rows = await world.fresh.asSuperuser((admin) =>
      admin`select identity_id from seller_users where seller_id = ${made.body.seller.id}`
    )
    expect(rows.map((row) => row.identity_id)).toEqual([identityId])
    // the old password is still the one
    expect(outcome(await world.signIn(email))).toBe(200)
  })

  it('asks who has a second factor for it as well', async () => {
    const owner = await world.owner()
    await world.fresh.asSuperuser((admin) =>
      admin`update identities set totp_enabled_at = now(), totp_secret_enc = '\\x00'
        where id = ${owner.identityId}`
    )
    const token = await linkFor(owner.email)
    expect(outcome(await confirm(token, password))).toBe('mfa-required')
    expect(outcome(await confirm(token, password, { recovery_code: 'none' }))).toBe('mfa-refused')
    const sellers = await world.fresh.asSuperuser((admin) =>
      admin`select from seller_users where identity_id = ${owner.identityId}`
    )
    expect(sellers).toHaveLength(1)
  })

  it('makes one seller of two links that were asked for', async () => {
    const email = address()
    const first = await linkFor(email)
    const second = await linkFor(email)
    expect(second).not.toBe(first)
    expect(outcome(await confirm(first))).toBe(201)
    expect(outcome(await confirm(second))).toBe('link-refused')
  })

  it('takes no member that nobody asked for', async () => {
    const token = await linkFor(address())
    for (const more of [{ role: 'OWNER' }, { email: 'x@example.in' }, { seller_id: newId() }]) {
      expect(outcome(await confirm(token, undefined, more))).toBe('invalid-request')
    }
    expect(outcome(await confirm(token))).toBe(201)
  })
})

describe('a second seller', () => {
  const found = (cookie: string, name: string, key = newId()) =>
    world.ask('/v1/sellers', { cookie, key, json: { name } })

  it('is founded by whoever is signed in, who is its OWNER and can go there', async () => {
    const { sellerId, email } = await world.owner()
    const viewer = await world.addMember(sellerId, 'VIEWER')
    const made = await found(viewer.cookie, 'Ravi Traders')
    expect(made).toMatchObject({ status: 201, body: { name: 'Ravi Traders', role: 'OWNER' } })
    const { id } = made.body
    const gone = await world.ask('/v1/auth/switch', {
      cookie: viewer.cookie,
      json: { seller_id: id },
    })
    expect(outcome(gone)).toBeLessThan(300)
    const me = await world.ask('/v1/me', { cookie: gone.cookie })
    expect(me.body).toMatchObject({ user: { role: 'OWNER' }, seller: { id, name: 'Ravi Traders' } })
    const people = await world.ask('/v1/users', { cookie: gone.cookie })
    expect(people.body.data.map((one: { email: string }) => one.email)).toEqual([viewer.email])
    expect(JSON.stringify(people.body)).not.toContain(email)
  })

  it('is made once for a key, however often it is asked for', async () => {
    const owner = await world.owner()
    const key = newId()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => found(owner.cookie, 'Once', key)),
    )
    const made = answers.filter(({ status }) => status === 201)
    expect(made.length).toBeGreaterThan(0)
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1)
    for (const answer of answers) expect([201, 'idempotency-in-flight']).toContain(outcome(answer))
    expect((await found(owner.cookie, 'Once', key)).body.id).toBe(made[0]?.body.id)
    const rows = await world.fresh.asSuperuser((admin) =>
      admin`select from seller_users where identity_id = ${owner.identityId}`
    )
    expect(rows).toHaveLength(2)
  })

  it('is not the twenty-first', async () => {
    const owner = await world.owner()
    for (let n = 1; n < 20; n++) expect(outcome(await found(owner.cookie, `No ${n}`))).toBe(201)
    expect(outcome(await found(owner.cookie, 'No 20'))).toBe('limit-reached')
  })

  it('is not founded by the people of a suspended seller', async () => {
    const owner = await world.owner()
    await world.fresh.asSuperuser((admin) =>
      admin`update sellers set status = 'SUSPENDED' where id = ${owner.sellerId}`
    )
    expect(outcome(await found(owner.cookie, 'Away'))).toBe('seller-suspended')
  })
})
