/** Where digests leave to: what a seller may name, and that every digest arrives, in order. */
import { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAnchors, createAnchorSecrets } from '../../core/audit/anchors.ts'
import { type DeliverDeps, deliverDigests } from '../../core/audit/deliver.ts'
import { readDigests } from '../../core/audit/digest-rows.ts'
import { digestLine } from '../../core/audit/export-lines.ts'
import { recordAudit } from '../../core/audit/record.ts'
import { signDigests } from '../../core/audit/sign-digests.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { newSigner } from './chains.ts'

const signer = newSigner()
const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>)
const secrets = createAnchorSecrets(new Uint8Array(32).fill(9), random)
let fresh: FreshDatabase
const anchors = () =>
  createAnchors({ db: fresh.db, secrets, region: 'ap-south-1', random, newId: () => newId() })
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 10 })
})
afterAll(() => fresh.close())

// after today: the database says when an anchor was made
const hours = (hour: number) => new Date(Date.UTC(2050, 0, 1, hour, 5))
/** An event and its digest, at this hour. */
const sign = async (seller: TestSeller, hour: number) => {
  await fresh.db.withSellerScope(seller.entry, (scope) => {
    recordAudit(scope, seller.sellerId, 'mfa.enabled', `user:${seller.userId}`)
    return Promise.resolve()
  })
  await signDigests(fresh.db, { signer, now: () => hours(hour), log: silentLog })
}
const eventsOf = async ({ sellerId }: TestSeller) => {
  const rows = await fresh.asSuperuser((admin) =>
    admin`select action, target, data from audit_events where seller_id = ${sellerId} order by seq`
  )
  return rows.map(({ action, target, data }) => ({ action, target, data: JSON.parse(data) }))
}
const url = 'https://hooks.seller.in/robnu?key=of-the-receiver'

interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
/** A receiver that answers as it is told, and keeps what it got. */
const receiver = (answer: (post: Post, at: number) => number | Promise<number> = () => 204) => {
  const posts: Post[] = []
  const objects: Parameters<DeliverDeps['putObject']>[0][] = []
  const deliver = (now: Date, more: Partial<DeliverDeps> = {}) =>
    deliverDigests(fresh.db, {
      post: async (to, { headers, body }) => {
        const post = { url: to, headers, body }
        posts.push(post)
        return { status: await answer(post, posts.length) }
      },
      putObject: (object) => {
        objects.push(object)
        return Promise.resolve()
      },
      secrets,
      now: () => now,
      log: silentLog,
      ...more,
    })
  return { posts, objects, deliver }
}
const seqOf = ({ body }: { readonly body: string }): number =>
  JSON.parse(JSON.parse(body).data.body).to

describe('an anchor', () => {
  it('is added, listed and taken away, and each is in the trail', async () => {
    const seller = await makeSeller(fresh.db)
    const hook = await anchors().add(seller.entry, { kind: 'hook', url })
    expect(hook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(hook.anchor).toMatchObject({ kind: 'hook', url, bucket: null, sent_seq: 0, attempts: 0 })
    const bucket = await anchors().add(seller.entry, {
      ...{ kind: 'bucket', bucket: 'seller-trail', bucket_owner: '123456789012' } as const,
    })
    expect(bucket).toMatchObject({
      secret: null,
      anchor: { bucket: 'seller-trail', region: 'ap-south-1', bucket_owner: '123456789012' },
    })
    expect(await anchors().list(seller.entry)).toEqual([hook.anchor, bucket.anchor])
    expect(await anchors().remove(seller.entry, hook.anchor.id)).toBe(true)
    expect(await anchors().remove(seller.entry, hook.anchor.id)).toBe(false)
    expect(await anchors().list(seller.entry)).toEqual([bucket.anchor])
    // the host alone: the rest may be a secret of the receiver
    expect(await eventsOf(seller)).toEqual([
      {
        action: 'audit.anchor-added',
        target: `audit-anchor:${hook.anchor.id}`,
        data: { kind: 'hook', place: 'hooks.seller.in' },
      },
      {
        action: 'audit.anchor-added',
        target: `audit-anchor:${bucket.anchor.id}`,
        data: { kind: 'bucket', place: 'seller-trail' },
      },
      {
        action: 'audit.anchor-removed',
        target: `audit-anchor:${hook.anchor.id}`,
        data: { kind: 'hook', place: 'hooks.seller.in' },
      },
    ])
  })

  it('leads to the public internet, or is refused', async () => {
    const seller = await makeSeller(fresh.db)
    for (const wrong of ['http://hooks.seller.in', 'https://127.0.0.1/', 'https://db.internal/']) {
      await expect(anchors().add(seller.entry, { kind: 'hook', url: wrong }))
        .rejects.toMatchObject({ code: 'invalid-request', errors: [{ pointer: '/url' }] })
    }
    expect(await anchors().list(seller.entry)).toEqual([])
    expect(await eventsOf(seller)).toEqual([])
  })

  it('keeps an address as it will be asked for', async () => {
    const seller = await makeSeller(fresh.db)
    const add = async (written: string) =>
      (await anchors().add(seller.entry, { kind: 'hook', url: written })).anchor.url
    expect(await add(' HTTPS://Hooks.Seller.in:443/a b\u0000c/../d?x=\u0000#y '))
      .toBe('https://hooks.seller.in/d?x=%00#y')
    expect(await add('https://मेरा.in/न')).toMatch(/^https:\/\/xn--\w+\.in\/%E0%A4%A8$/)
  })

  it('is one of ten at most', async () => {
    const seller = await makeSeller(fresh.db)
    for (let i = 0; i < 10; i++) await anchors().add(seller.entry, { kind: 'hook', url })
    await expect(anchors().add(seller.entry, { kind: 'hook', url }))
      .rejects.toMatchObject({ code: 'too-many-anchors' })
    expect(await eventsOf(seller)).toHaveLength(10)
  })

  it('keeps its secret sealed, and from the seller’s own scope', async () => {
    const seller = await makeSeller(fresh.db)
    const { anchor, secret } = await anchors().add(seller.entry, { kind: 'hook', url })
    const [row] = await fresh.asSuperuser((admin) =>
      admin`select secret_enc from audit_anchors where id = ${anchor.id}`
    )
    const sealed = new Uint8Array(row?.['secret_enc'])
    expect(new TextDecoder().decode(sealed)).not.toContain('whsec_')
    expect(secrets.open(seller.sellerId, anchor.id, sealed)).toBe(secret)
    // bound to its place
    expect(() => secrets.open(seller.sellerId, newId(), sealed)).toThrow('another place')
    expect(() => secrets.open(newId(), anchor.id, sealed)).toThrow('another place')
    const read = `select secret_enc from audit_anchors where id = '${anchor.id}'`
    const { command } = await import('../../core/db/sql.ts')
    await expect(fresh.db.inSellerScope(seller.entry).any({ ...command`select 1`, sql: read }))
      .rejects.toMatchObject({ code: '42501' })
  })

  it('of another seller is none', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    const { anchor } = await anchors().add(seller.entry, { kind: 'hook', url })
    expect(await anchors().remove(other.entry, anchor.id)).toBe(false)
    expect(await anchors().list(other.entry)).toEqual([])
    expect(await anchors().list(seller.entry)).toHaveLength(1)
  })
})

describe('a delivery', () => {
  /** A seller, and no place of anybody else: a sweep is for all of them. */
  const alone = async () => {
    await fresh.asSuperuser((admin) => admin`delete from audit_anchors`)
    return await makeSeller(fresh.db)
  }

  it('brings a hook each digest once, in order, signed by the specification', async () => {
    const seller = await alone()
    const { anchor, secret } = await anchors().add(seller.entry, { kind: 'hook', url })
    const { posts, deliver } = receiver()
    expect(await deliver(hours(101))).toEqual({ sent: 0, failed: 0 })
    for (const hour of [101, 102, 103]) await sign(seller, hour)
    expect(await deliver(hours(103))).toEqual({ sent: 3, failed: 0 })
    expect(await deliver(hours(103))).toEqual({ sent: 0, failed: 0 })
    expect(posts.map(seqOf)).toEqual([2, 3, 4])
    const [post] = posts
    if (!post) throw new Error('unreachable')
    expect(post.url).toBe(url)
    const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } =
      post.headers
    expect(id).toBe(`audit_${anchor.id}_2`)
    expect(Number(time)).toBe(hours(103).getTime() / 1_000)
    const key = (secret ?? '').slice('whsec_'.length)
    const expected = createHmac('sha256', Buffer.from(key, 'base64'))
      .update(`${id}.${time}.${post.body}`).digest('base64')
    expect(signature).toBe(`v1,${expected}`)
    const [digest] = await readDigests(fresh.db.inSellerScope(seller.entry), seller.sellerId)
    if (!digest) throw new Error('unreachable')
    expect(JSON.parse(post.body)).toEqual({
      type: 'audit.digest',
      timestamp: hours(101).toISOString(),
      data: JSON.parse(digestLine(digest)),
    })
    const [listed] = await anchors().list(seller.entry)
    expect(listed).toMatchObject({ sent_seq: 4, last_sent_at: hours(103), last_error: null })
  })

  it('puts objects into a bucket, below the seller’s id', async () => {
    const seller = await alone()
    await anchors().add(
      seller.entry,
      {
        ...{ kind: 'bucket', bucket: 'trail', region: 'eu-west-1', bucket_owner: '123456789012' },
      } as const,
    )
    await sign(seller, 111)
    const { objects, deliver } = receiver()
    expect(await deliver(hours(111))).toEqual({ sent: 1, failed: 0 })
    const [digest] = await readDigests(fresh.db.inSellerScope(seller.entry), seller.sellerId)
    expect(objects).toEqual([{
      ...{ bucket: 'trail', region: 'eu-west-1', owner: '123456789012' },
      key: `robnu-audit/${seller.sellerId}/2.json`,
      body: digest && digestLine(digest),
      contentType: 'application/json',
    }])
  })

  it('says why a bucket cannot be written, in the word that AWS has for it', async () => {
    const seller = await alone()
    await anchors().add(seller.entry, { kind: 'bucket', bucket: 'trail' })
    await sign(seller, 115)
    const denied = { putObject: () => Promise.reject(new Error('AccessDenied')) }
    expect(await receiver().deliver(hours(115), denied)).toEqual({ sent: 0, failed: 1 })
    expect((await anchors().list(seller.entry))[0]?.last_error)
      .toBe('The bucket cannot be written: AccessDenied')
  })

  it('begins with the newest digest, which vouches for those before it', async () => {
    const seller = await alone()
    for (const hour of [120, 121, 122]) await sign(seller, hour)
    await anchors().add(seller.entry, { kind: 'hook', url })
    const { posts, deliver } = receiver()
    await deliver(hours(123))
    expect(posts.map(seqOf)).toEqual([3])
  })

  it('is tried again, ever later, and then goes on where it stopped', async () => {
    const seller = await alone()
    await anchors().add(seller.entry, { kind: 'hook', url })
    for (const hour of [131, 132, 133]) await sign(seller, hour)
    let isUp = false
    // the second alone is not wanted: the third must not come before it
    const { posts, deliver } = receiver((post) => isUp || seqOf(post) !== 3 ? 200 : 503)
    const at = (minutes: number) => new Date(hours(133).getTime() + minutes * 60_000)
    const view = async () => (await anchors().list(seller.entry))[0]
    // the first arrives, the second does not
    expect(await deliver(at(0))).toEqual({ sent: 1, failed: 1 })
    expect(await view()).toMatchObject({
      ...{ sent_seq: 2, attempts: 1, last_error: 'The hook answered with status 503' },
      ...{ last_sent_at: at(0), next_try_at: at(5) },
    })
    // not before its time
    expect(await deliver(at(4))).toEqual({ sent: 0, failed: 0 })
    let minutes = 5
    for (const wait of [10, 20, 40, 80, 160, 320, 360, 360]) {
      expect(await deliver(at(minutes))).toEqual({ sent: 0, failed: 1 })
      expect((await view())?.next_try_at).toEqual(at(minutes + wait))
      minutes += wait
    }
    expect((await view())?.attempts).toBe(9)
    isUp = true
    await sign(seller, 160)
    expect(await deliver(at(minutes))).toEqual({ sent: 3, failed: 0 })
    expect(await view()).toMatchObject({ sent_seq: 5, attempts: 0, last_error: null })
    expect(posts.map(seqOf)).toEqual([2, ...Array.from({ length: 9 }, () => 3), 3, 4, 5])
    // the receiver knows a repetition by its id
    expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).toBe(4)
  })

  it('takes a redirect for no receipt, and no word of the answer for the seller', async () => {
    const seller = await alone()
    await anchors().add(seller.entry, { kind: 'hook', url })
    await sign(seller, 171)
    const { deliver } = receiver(() => 302)
    expect(await deliver(hours(171))).toEqual({ sent: 0, failed: 1 })
    expect((await anchors().list(seller.entry))[0]?.last_error)
      .toBe('The hook answered with status 302')
    const thrown = { post: () => Promise.reject(new Error('x'.repeat(900))) }
    await receiver().deliver(hours(172), thrown)
    expect((await anchors().list(seller.entry))[0]?.last_error).toHaveLength(200)
  })

  it('is made once when two processes sweep at the same moment', async () => {
    const seller = await alone()
    await anchors().add(seller.entry, { kind: 'hook', url })
    await sign(seller, 181)
    const { posts, deliver } = receiver()
    const swept = await Promise.all([1, 2, 3, 4].map(() => deliver(hours(181))))
    expect(swept.reduce((sum, { sent }) => sum + sent, 0)).toBe(1)
    expect(posts).toHaveLength(1)
  })

  it('comes again when the process dies between sending and saying so', async () => {
    const seller = await alone()
    await anchors().add(seller.entry, { kind: 'hook', url })
    await sign(seller, 191)
    const { posts, deliver } = receiver()
    const dying = {
      ...fresh.db,
      withPlatformScope:
        ((reason, work) =>
          posts.length > 0
            ? Promise.reject(new Error('killed'))
            : fresh.db.withPlatformScope(reason, work)) as typeof fresh.db.withPlatformScope,
    }
    await expect(
      deliverDigests(dying, {
        post: (to, { headers, body }) => {
          posts.push({ url: to, headers, body })
          return Promise.resolve({ status: 204 })
        },
        ...{ putObject: () => Promise.resolve(), secrets, log: silentLog },
        now: () => hours(191),
      }),
    ).rejects.toThrow('killed')
    // its claim is over after ten minutes
    expect(await deliver(hours(191))).toEqual({ sent: 0, failed: 0 })
    expect(await deliver(hours(192))).toEqual({ sent: 1, failed: 0 })
    expect(posts.map(({ headers }) => headers['webhook-id'])).toHaveLength(2)
    expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  it('to a place that hangs or fails holds up no other', async () => {
    const [slow, quick] = [await alone(), await makeSeller(fresh.db)]
    for (const seller of [slow, quick]) {
      await anchors().add(seller.entry, { kind: 'hook', url: `https://${seller.sellerId}.in/` })
    }
    for (const seller of [slow, quick]) await sign(seller, 201)
    let release = () => {}
    const hanging = new Promise<number>((resolve) => release = () => resolve(500))
    const { posts, deliver } = receiver((post) => {
      if (post.url.includes(slow.sellerId)) return hanging
      // the other one has come: the first may end
      release()
      return 204
    })
    expect(await deliver(hours(201))).toEqual({ sent: 1, failed: 1 })
    expect(posts).toHaveLength(2)
  })

  it('that is called off is no failure of the place, and comes later', async () => {
    const seller = await alone()
    await anchors().add(seller.entry, { kind: 'hook', url })
    await sign(seller, 205)
    const stop = new AbortController()
    const stopped = receiver(() => {
      stop.abort()
      throw new Error('called off')
    })
    const { signal } = stop
    expect(await stopped.deliver(hours(205), { signal })).toEqual({ sent: 0, failed: 0 })
    expect((await anchors().list(seller.entry))[0]).toMatchObject({ attempts: 0, last_error: null })
    expect(await receiver().deliver(hours(206))).toEqual({ sent: 1, failed: 0 })
  })

  it('under another ROBNU_SECRET tells the seller what to do', async () => {
    const seller = await alone()
    await anchors().add(seller.entry, { kind: 'hook', url })
    await sign(seller, 207)
    const other = createAnchorSecrets(new Uint8Array(32).fill(1), random)
    expect(await receiver().deliver(hours(207), { secrets: other })).toMatchObject({ failed: 1 })
    expect((await anchors().list(seller.entry))[0]?.last_error)
      .toBe('The secret of the hook is lost: take the place away and add it again')
  })

  it('stops where an anchor was taken away', async () => {
    const seller = await alone()
    const { anchor } = await anchors().add(seller.entry, { kind: 'hook', url })
    await sign(seller, 211)
    await anchors().remove(seller.entry, anchor.id)
    const { posts, deliver } = receiver()
    expect(await deliver(hours(211))).toEqual({ sent: 0, failed: 0 })
    expect(posts).toEqual([])
  })
})
