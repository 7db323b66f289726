/** Signed digests in a real database: what is signed, when, and what is never signed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readChain, readHead, readOrgChain, readOrgHead } from '../../core/audit/chain.ts'
import { checkDigests, hashOfDigest, readDigest } from '../../core/audit/digest.ts'
import { readDigests } from '../../core/audit/digest-rows.ts'
import { recordAudit } from '../../core/audit/record.ts'
import { signDigests } from '../../core/audit/sign-digests.ts'
import { verifyChain } from '../../core/audit/verify.ts'
import { createVerifier } from '../../core/crypto/signing.ts'
import { toHex } from '../../core/crypto/text.ts'
import { newId } from '../../core/ids.ts'
import { createLog, silentLog } from '../../core/log.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { knownOf, newSigner } from './chains.ts'

let fresh: FreshDatabase
const signer = newSigner()
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh.close())

const act = (seller: TestSeller, times = 1) =>
  fresh.db.withSellerScope(seller.entry, (scope) => {
    for (let i = 0; i < times; i++) {
      recordAudit(scope, seller.sellerId, 'user.added', `user:${newId()}`, { role: 'VIEWER' })
    }
    return Promise.resolve()
  })
const at = (hour: number, minute = 5) => () => new Date(Date.UTC(2026, 0, 1, hour, minute))
const sweep = (hour: number, minute = 5, by = signer) =>
  signDigests(fresh.db, { signer: by, now: at(hour, minute), log: silentLog })
const digestsOf = ({ sellerId, entry }: TestSeller) =>
  readDigests(fresh.db.inSellerScope(entry), sellerId)
const behindItsBack = (text: string) =>
  fresh.asSuperuser((admin) =>
    admin.begin(async (tx) => {
      await tx.unsafe(`set local session_replication_role = 'replica'`)
      await tx.unsafe(text)
    })
  )

describe('a digest', () => {
  it('says how the chain stands, names the one before, and verifies with the public key', async () => {
    const seller = await makeSeller(fresh.db)
    await act(seller, 3)
    await sweep(1)
    await act(seller, 2)
    await sweep(2)
    const digests = await digestsOf(seller)
    expect(digests).toHaveLength(2)
    const queries = fresh.db.inSellerScope(seller.entry)
    const rows = await Array.fromAsync(readChain(queries, seller.sellerId))
    const [first, second] = digests
    if (!first || !second) throw new Error('unreachable')
    expect(readDigest(first.body)).toEqual({
      type: 'robnu-audit-digest/1',
      seller: seller.sellerId,
      ...{ from: 1, to: 3, events: 3, previous: '', key: 'one' },
      head: toHex(rows[2]?.hash ?? new Uint8Array()),
      signedAt: '2026-01-01T01:05:00.000Z',
    })
    expect(readDigest(second.body)).toMatchObject({
      ...{ from: 4, to: 5, events: 2 },
      previous: hashOfDigest(first),
    })
    const verifier = createVerifier({ keys: signer.publicKeys.map((key) => ({ ...key })) })
    const report = checkDigests(digests, { verifier, sellerId: seller.sellerId })
    expect(report).toMatchObject({ ok: true, last: { to: 5 } })
    const head = await readHead(queries, seller.sellerId)
    expect(await verifyChain(rows, head, { digests: knownOf(digests) }))
      .toMatchObject({ ok: true, count: 5 })
    // the columns say what the body says
    const [row] = await fresh.asSuperuser((admin) =>
      admin`select seq_from::int, seq_to::int, events::int, encode(head_hash, 'hex') as head,
          encode(previous_hash, 'hex') as previous, signed_at, key_id
        from audit_digests where seller_id = ${seller.sellerId} and seq_from = 4`
    )
    const body = readDigest(second.body)
    expect(row).toEqual({
      ...{ seq_from: 4, seq_to: 5, events: 2, head: body?.head, previous: body?.previous },
      ...{ signed_at: new Date(body?.signedAt ?? 0), key_id: 'one' },
    })
  })

  it('is made once an hour, and only for what is new', async () => {
    const seller = await makeSeller(fresh.db)
    expect(await sweep(3)).toMatchObject({ broken: 0, failed: 0 })
    expect(await digestsOf(seller)).toHaveLength(0)
    await act(seller)
    expect(await sweep(3, 10)).toMatchObject({ signed: 1 })
    await act(seller)
    // within the hour, and again without anything new
    expect(await sweep(3, 59)).toMatchObject({ signed: 0 })
    expect(await sweep(4)).toMatchObject({ signed: 1 })
    expect(await sweep(4)).toMatchObject({ signed: 0 })
    expect(await sweep(5)).toMatchObject({ signed: 0 })
    expect((await digestsOf(seller)).map(({ seqTo }) => seqTo)).toEqual([1, 2])
  })

  it('is one only, whatever number of processes sign at the same moment', async () => {
    const sellers = await Promise.all([1, 2, 3].map(() => makeSeller(fresh.db)))
    for (const seller of sellers) await act(seller, 2)
    const swept = await Promise.all(Array.from({ length: 6 }, () => sweep(6)))
    expect(swept.reduce((sum, { signed }) => sum + signed, 0)).toBe(3)
    expect(swept.reduce((sum, { failed, broken }) => sum + failed + broken, 0)).toBe(0)
    for (const seller of sellers) expect(await digestsOf(seller)).toHaveLength(1)
  })

  it('is seen by its seller alone, and made by nobody in a seller’s scope', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    await act(seller)
    await sweep(7)
    expect(await readDigests(fresh.db.inSellerScope(other.entry), seller.sellerId)).toEqual([])
    expect(await digestsOf(seller)).toHaveLength(1)
  })
})

describe('a chain that does not verify', () => {
  const broken = async (forge: (sellerId: string) => string) => {
    const seller = await makeSeller(fresh.db)
    await act(seller, 4)
    await sweep(10)
    await act(seller, 4)
    await behindItsBack(forge(seller.sellerId))
    const lines: string[] = []
    const log = createLog((line) => lines.push(line), () => new Date(0))
    const swept = await signDigests(fresh.db, { signer, now: at(11), log })
    const [alarm] = lines.map((line) => JSON.parse(line))
      .filter(({ event, sellerId }) =>
        event === 'audit.chain-broken' && sellerId === seller.sellerId
      )
    return { seller, swept, alarm }
  }
  const faults: readonly [string, (sellerId: string) => string, number, string][] = [
    [
      'an edited event',
      (id) => `update audit_events set data = '{}' where seller_id = '${id}' and seq = 6`,
      ...[6, 'edited'] as const,
    ],
    [
      'a missing event',
      (id) => `delete from audit_events where seller_id = '${id}' and seq = 7`,
      ...[7, 'missing'] as const,
    ],
    [
      'a cut tail',
      (id) =>
        `with cut as (delete from audit_events where seller_id = '${id}' and seq > 2)
         update audit_heads h set seq = 2, hash = (
           select hash from audit_events where seller_id = '${id}' and seq = 2)
         where seller_id = '${id}'`,
      ...[3, 'missing'] as const,
    ],
    [
      'a chain that is gone',
      (id) =>
        `with gone as (delete from audit_events where seller_id = '${id}')
         delete from audit_heads where seller_id = '${id}'`,
      ...[1, 'missing'] as const,
    ],
    [
      'another chain that leads on from the digest',
      (id) =>
        `update audit_events set prev_hash = sha256('x') where seller_id = '${id}' and seq = 5`,
      ...[5, 'edited'] as const,
    ],
    [
      'another last event behind the digest',
      (id) => `update audit_heads set hash = sha256('x') where seller_id = '${id}'`,
      ...[8, 'head-differs'] as const,
    ],
    [
      'a digest that was forged',
      (id) => `update audit_digests set signature = sha512('x') where seller_id = '${id}'`,
      ...[4, 'digest-forged'] as const,
    ],
  ]
  for (const [name, forge, seq, why] of faults) {
    it(`is not signed: ${name}`, async () => {
      const { seller, swept, alarm } = await broken(forge)
      expect(swept.broken).toBeGreaterThanOrEqual(1)
      expect(await digestsOf(seller)).toHaveLength(1)
      expect(alarm).toMatchObject({ level: 'error', seq, why })
      // and staff are told, once
      await sweep(12)
      await sweep(13)
      const told = await fresh.asSuperuser((admin) =>
        admin`select data, actor_kind from org_audit_events
          where target = ${`seller:${seller.sellerId}`} and action = 'audit.chain-broken'`
      )
      expect(told).toEqual([{ data: JSON.stringify({ seq, why }), actor_kind: 'system' }])
    })
  }

  it('holds up no other seller', async () => {
    const { seller } = await broken((id) => `delete from audit_events where seller_id = '${id}'`)
    const sound = await makeSeller(fresh.db)
    await act(sound)
    expect(await sweep(14)).toMatchObject({ failed: 0 })
    expect(await digestsOf(sound)).toHaveLength(1)
    expect(await digestsOf(seller)).toHaveLength(1)
  })

  it('tells the org in a chain of its own, which verifies', async () => {
    const { seller } = await broken((id) => `delete from audit_events where seller_id = '${id}'`)
    const [{ org_id: orgId } = { org_id: '' }] = await fresh.asSuperuser((admin) =>
      admin<{ org_id: string }[]>`select org_id from sellers where id = ${seller.sellerId}`
    )
    await fresh.db.withPlatformScope('test', async (tx) => {
      const head = await readOrgHead(tx, orgId)
      const report = await verifyChain(readOrgChain(tx, orgId), head)
      expect(report).toMatchObject({ ok: true, count: 1 })
    })
  })
})

describe('a change of keys', () => {
  it('leaves what the old key has signed valid, and goes on with the new one', async () => {
    const seller = await makeSeller(fresh.db)
    const next = newSigner('two')
    await act(seller)
    await sweep(20)
    await act(seller)
    const both = { keys: [...next.publicKeys, ...signer.publicKeys].map((key) => ({ ...key })) }
    const verifier = createVerifier(both)
    await sweep(21, 5, { ...next, verify: verifier.verify })
    const digests = await digestsOf(seller)
    expect(digests.map(({ body }) => readDigest(body)?.key)).toEqual(['one', 'two'])
    const { sellerId } = seller
    expect(checkDigests(digests, { verifier, sellerId })).toMatchObject({ ok: true })
    // without the old key its digests are forgeries, and the chain is not signed on
    expect(checkDigests(digests, { verifier: next, sellerId }))
      .toEqual({ ok: false, seq: 1, reason: 'digest-forged' })
  })
})
