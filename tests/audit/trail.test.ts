/** The trail as its seller reads it: pages, filters, and an export that verifies. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDigests } from '../../core/audit/digest-rows.ts'
import { digestLine } from '../../core/audit/export-lines.ts'
import { recordAudit, recordPluginAudit } from '../../core/audit/record.ts'
import { signDigests } from '../../core/audit/sign-digests.ts'
import { type AuditFilters, createAuditTrail } from '../../core/audit/trail.ts'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { loadOffline } from '../../scripts/proof/support/judging.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { newSigner } from './chains.ts'

let fresh: FreshDatabase
const signer = newSigner()
const now = () => new Date(Date.now())
const trail = () => createAuditTrail(fresh.db, now)
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 6 })
})
afterAll(() => fresh.close())

const events = (seller: TestSeller, count: number) =>
  fresh.db.withSellerScope(seller.entry, (scope) => {
    for (let i = 0; i < count; i++) {
      recordPluginAudit(scope, seller.sellerId, 'probe', 'made', `probe:${i % 3}`, { i })
    }
    return Promise.resolve()
  })
const seqsOf = async (
  seller: TestSeller,
  filters: AuditFilters = {},
  limit = 100,
): Promise<number[]> =>
  (await trail().list(seller.entry, { filters, limit })).events.map(({ seq }) => seq)
const textOf = async (seller: TestSeller, filters: AuditFilters = {}) =>
  (await Array.fromAsync(await trail().export(seller.entry, filters))).join('')
const linesOf = (text: string) =>
  text.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)

describe('a list', () => {
  it('comes newest first, page by page, each event once', async () => {
    const seller = await makeSeller(fresh.db)
    expect(await trail().list(seller.entry, { filters: {}, limit: 5 }))
      .toEqual({ events: [], next: null })
    await events(seller, 12)
    const seen: number[] = []
    let after: number | undefined
    let pages = 0
    do {
      const page = await trail().list(seller.entry, {
        ...{ filters: {}, limit: 5 },
        ...after === undefined ? {} : { after },
      })
      seen.push(...page.events.map(({ seq }) => seq))
      after = page.next ?? undefined
      pages++
      // what is appended meanwhile does not move the pages behind
      await events(seller, 1)
    } while (after !== undefined)
    expect(pages).toBe(3)
    expect(seen).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
  })

  it('says who, what, when, and what it means', async () => {
    const seller = await makeSeller(fresh.db)
    const user = newId()
    await fresh.db.withSellerScope(seller.entry, (scope) => {
      recordAudit(scope, seller.sellerId, 'user.role-changed', `user:${user}`, {
        ...{ from: 'VIEWER', to: 'ADMIN' } as const,
      })
      return Promise.resolve()
    })
    const { events: [event] } = await trail().list(seller.entry, { filters: {}, limit: 1 })
    const [row] = await fresh.asSuperuser((admin) =>
      admin`select at, encode(hash, 'hex') as hash from audit_events
        where seller_id = ${seller.sellerId}`
    )
    expect(event).toEqual({
      seq: 1,
      at: row?.['at'],
      action: 'user.role-changed',
      sentence: 'The role of a person was changed',
      target: `user:${user}`,
      data: { from: 'VIEWER', to: 'ADMIN' },
      actor: {
        kind: 'user',
        user_id: seller.userId,
        super_admin_id: null,
        impersonation_session_id: null,
        api_key_id: null,
        job_run_id: null,
      },
      hash: row?.['hash'],
    })
  })

  it('is filtered by action, person, staff, target and time, and by several at once', async () => {
    const seller = await makeSeller(fresh.db)
    await events(seller, 6)
    await fresh.db.withPlatformScope('test', (tx) => {
      recordAudit(tx, seller.sellerId, 'seller.suspended', `seller:${seller.sellerId}`)
      return Promise.resolve()
    })
    const admin = newId()
    await fresh.db.withPlatformScope('test', async (tx) => {
      await tx.run(command`select set_config('app.actor', ${`staff:${admin}`}, true)`)
      recordAudit(tx, seller.sellerId, 'seller.resumed', `seller:${seller.sellerId}`)
    })
    expect(await seqsOf(seller)).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
    expect(await seqsOf(seller, { action: 'seller.suspended' })).toEqual([7])
    expect(await seqsOf(seller, { action: 'nothing.done' })).toEqual([])
    expect(await seqsOf(seller, { actorUserId: seller.userId })).toEqual([6, 5, 4, 3, 2, 1])
    expect(await seqsOf(seller, { actorUserId: newId() })).toEqual([])
    expect(await seqsOf(seller, { staff: true })).toEqual([8])
    expect(await seqsOf(seller, { staff: false })).toEqual([7, 6, 5, 4, 3, 2, 1])
    expect(await seqsOf(seller, { target: 'probe:1' })).toEqual([5, 2])
    expect(await seqsOf(seller, { target: 'probe:1', actorUserId: seller.userId }, 1)).toEqual([5])
    const { events: shown } = await trail().list(seller.entry, { filters: {}, limit: 8 })
    const [last, first] = [shown[0]?.at ?? now(), shown[7]?.at ?? now()]
    expect(await seqsOf(seller, { from: new Date(last.getTime() + 1) })).toEqual([])
    expect(await seqsOf(seller, { to: first })).toEqual([])
    expect(await seqsOf(seller, { from: first, to: new Date(last.getTime() + 1) })).toHaveLength(8)
  })

  it('is of one seller', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    await events(seller, 2)
    expect(await seqsOf(other)).toEqual([])
    expect(await seqsOf(seller, { actorUserId: other.userId })).toEqual([])
  })
})

describe('an export', () => {
  const sign = (hour: number) =>
    signDigests(fresh.db, {
      ...{ signer, log: silentLog },
      now: () => new Date(Date.UTC(2026, 0, 1, hour)),
    })

  it('is whole, in the order of the chain, with its digests, and verifies offline', async () => {
    const seller = await makeSeller(fresh.db)
    await events(seller, 30)
    await sign(1)
    await events(seller, 12)
    await sign(2)
    await events(seller, 3)
    const text = await textOf(seller)
    const lines = linesOf(text)
    const digests = await readDigests(fresh.db.inSellerScope(seller.entry), seller.sellerId)
    // the export stands in the trail that it shows
    expect(lines.map(({ type }) => type)).toEqual([
      'export',
      ...Array.from({ length: 46 }, () => 'event'),
      ...['digest', 'digest'],
    ])
    expect(lines[0]).toMatchObject({
      ...{ format: 'robnu-audit/1', sellerId: seller.sellerId, digests: 2, filtered: false },
      head: { seq: 46, hash: lines[46]?.['hash'] },
    })
    expect(Object.keys(lines[1] ?? {}).toSorted()).toEqual([
      ...['action', 'actorKind', 'actorSuperAdminId', 'actorUserId', 'apiKeyId', 'at', 'data'],
      ...['hash', 'impersonationSessionId', 'jobRunId', 'prevHash', 'sellerId', 'seq', 'target'],
      'type',
    ])
    expect(lines[46]).toMatchObject({
      ...{ seq: 46, action: 'audit.exported', actorUserId: seller.userId },
      data: '{"events":45,"filtered":false}',
    })
    expect(text.endsWith(`${digestLine(digests[1] ?? fail())}\n`)).toBe(true)
    const { verifyExport, readKept } = await loadOffline()
    const kept = readKept(digests.map(digestLine).join('\n'))
    expect(await verifyExport(text, { kept, keys: { keys: signer.publicKeys } })).toMatchObject({
      ...{ ok: true, events: 46, provenTo: 42, notes: [] },
    })
  })

  it('leaves what is appended while it is written for the next time', async () => {
    const seller = await makeSeller(fresh.db)
    await events(seller, 5)
    const pieces = await trail().export(seller.entry, {})
    const first = await pieces.next()
    await events(seller, 5)
    const rest = await Array.fromAsync(pieces)
    const text = [first.value, ...rest].join('')
    expect(linesOf(text).filter(({ type }) => type === 'event')).toHaveLength(6)
    const { verifyExport } = await loadOffline()
    expect(await verifyExport(text)).toMatchObject({ ok: true, events: 6 })
  })

  it('with filters holds what matches, says so, and is taken for no proof', async () => {
    const seller = await makeSeller(fresh.db)
    await events(seller, 7)
    const text = await textOf(seller, { target: 'probe:0' })
    const lines = linesOf(text)
    expect(lines[0]).toMatchObject({ filtered: true })
    expect(lines.slice(1).map(({ seq }) => seq)).toEqual([1, 4, 7])
    const { verifyExport } = await loadOffline()
    await expect(verifyExport(text)).rejects.toThrow('filtered')
  })

  it('comes in pages, never as a whole', async () => {
    const seller = await makeSeller(fresh.db)
    const { sellerId } = seller
    for (let i = 0; i < 10; i++) {
      await fresh.db.withPlatformScope('test', (tx) =>
        tx.run(command`
          select audit_append(${sellerId}, 'probe.made', 'probe:' || i, '{}')
          from generate_series(1, 250) as i`))
    }
    const sizes: number[] = []
    for await (const piece of await trail().export(seller.entry, {})) {
      sizes.push(piece.split('\n').length - 1)
    }
    expect(sizes).toEqual([1, 1_000, 1_000, 501])
  })

  it('ends with the session, and is not recorded for one that is over', async () => {
    const seller = await makeSeller(fresh.db)
    await events(seller, 3)
    const pieces = await trail().export(seller.entry, {})
    await pieces.next()
    await fresh.asSuperuser((admin) =>
      admin`update sessions set revoked_at = now() where id = ${seller.sessionId}`
    )
    await expect(pieces.next()).rejects.toMatchObject({ code: 'session-over' })
    await expect(trail().export(seller.entry, {})).rejects.toMatchObject({ code: 'session-over' })
    const rows = await fresh.asSuperuser((admin) =>
      admin`select seq from audit_events
        where seller_id = ${seller.sellerId} and action = 'audit.exported'`
    )
    expect(rows).toHaveLength(1)
  })
})

describe('digests', () => {
  it('are listed newest first, page by page', async () => {
    const seller = await makeSeller(fresh.db)
    for (const hour of [3, 4, 5]) {
      await events(seller, 2)
      await signDigests(fresh.db, {
        ...{ signer, log: silentLog },
        now: () => new Date(Date.UTC(2026, 0, 1, hour)),
      })
    }
    const first = await trail().digests(seller.entry, { limit: 2 })
    expect(first.digests.map(({ told }) => [told.from, told.to])).toEqual([[5, 6], [3, 4]])
    expect(first.next).toBe(4)
    const second = await trail().digests(seller.entry, { limit: 2, after: 4 })
    expect(second.digests.map(({ told }) => told.to)).toEqual([2])
    expect(second.next).toBe(null)
    const other = await makeSeller(fresh.db)
    expect(await trail().digests(other.entry, { limit: 2 })).toEqual({ digests: [], next: null })
  })
})

const fail = (): never => {
  throw new Error('unreachable')
}
