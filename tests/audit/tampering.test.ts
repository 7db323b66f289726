/** The short version of `npm run proof -- audit`: a superuser changes the tables, both verifiers see it. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { SignedDigest } from '../../core/audit/digest.ts'
import { digestLine } from '../../core/audit/export-lines.ts'
import type { Database } from '../../core/db/database.ts'
import { openDatabase } from '../../core/db/scope.ts'
import { randomFor } from '../../core/testing/sandbox/random.ts'
import { makeAuditSeller, newSigner, signEvery } from '../../scripts/proof/support/audit-seller.ts'
import {
  type Evidence,
  exportOf,
  judge,
  loadOffline,
  type Named,
  readEvidence,
} from '../../scripts/proof/support/judging.ts'
import {
  tamper,
  type Tampering,
  type TamperingKind,
  tamperingKinds,
} from '../../scripts/proof/support/tampering.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

const seed = 20_260_101
const each = 12
const signer = newSigner()
let fresh: FreshDatabase
let db: Database
let sellerId = ''
let ends: readonly number[] = []
let kept: readonly SignedDigest[] = []
beforeAll(async () => {
  fresh = await freshDatabase()
  const superuser = new URL(inject('superuserUrl'))
  superuser.pathname = new URL(fresh.urls.owner).pathname
  // all of it as somebody whom neither policies nor grants hold back
  db = await openDatabase({ url: superuser.href, platformUrl: superuser.href, maxConnections: 2 })
  sellerId = await makeAuditSeller(db)
  ends = await signEvery(db, { sellerId, signer, events: 48, every: 12 })
  const evidence = await db.withPlatformScope('test', (tx) => readEvidence(tx, sellerId))
  kept = evidence.digests
  expect(await judge(evidence, kept, signer)).toBe(null)
})
afterAll(async () => {
  await db?.close()
  await fresh?.close()
})

const undone = new Error('undone')
const tampered = async (
  kind: TamperingKind,
  random: () => number,
): Promise<{ readonly done: Tampering; readonly after: Evidence }> => {
  let result: { readonly done: Tampering; readonly after: Evidence } | undefined
  await db.withPlatformScope('test', async (tx) => {
    const target = { sellerId, events: 48, ends, sign: signer.sign, random }
    const done = await tamper(tx, target, kind)
    result = { done, after: await readEvidence(tx, sellerId) }
    throw undone
  }).catch((error: unknown) => {
    if (error !== undone) throw error
  })
  if (!result) throw new Error('unreachable')
  return result
}
const names = (verdict: Named | null | undefined, { first, isExact }: Tampering): boolean => {
  if (!verdict) return false
  return (verdict.since ?? verdict.seq) <= first && first <= verdict.seq &&
    (!isExact || verdict.seq === first)
}

it.each(tamperingKinds)(`finds a tampering of the kind "%s", seed ${seed}`, async (kind) => {
  const { next: random } = randomFor(seed, kind)
  const { verifyExport, readKept } = await loadOffline()
  const keys = { keys: signer.publicKeys }
  const ways = new Set<string>()
  for (let i = 0; i < each; i++) {
    const { done, after } = await tampered(kind, random)
    ways.add(done.how)
    const house = await judge(after, kept, signer)
    const own = readKept(kept.map(digestLine).join('\n'))
    const { faults: [offline] } = await verifyExport(exportOf(after), { keys, kept: own })
    const why = JSON.stringify({ done, house, offline })
    expect(names(house, done), why).toBe(true)
    expect(names(offline, done), why).toBe(true)
    // they are written apart, and agree all the same
    expect([offline?.seq, offline?.since, offline?.reason], why)
      .toEqual([house?.seq, house?.since, house?.reason])
  }
  expect(ways.size).toBeGreaterThanOrEqual(2)
})

it('leaves the chain as it was', async () => {
  const evidence = await db.withPlatformScope('test', (tx) => readEvidence(tx, sellerId))
  expect(await judge(evidence, kept, signer)).toBe(null)
})
