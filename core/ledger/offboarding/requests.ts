/** Who asks that a seller leaves, and who calls it back: its OWNER, or the platform with a reason. */
import { z } from 'zod'
import { recordAudit, recordOrgAudit } from '../../audit/record.ts'
import type { Database, Entry, SellerScope, Tx } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { type Offboarding, offboardingStates, readOffboarding } from './rows.ts'
import type { TenantExports } from './exports.ts'

export interface OffboardingView {
  readonly id: string
  readonly state: (typeof offboardingStates)[number]
  readonly reason: string
  readonly requested_at: Date
  /** The keys are destroyed then, and no sooner than 48 hours after the notice. */
  readonly shreds_at: Date
  readonly notice_at: Date | null
  readonly withdrawn_at: Date | null
  /** The whole export that was asked for with it. */
  readonly export_id: string | null
}
export interface Offboardings {
  /** The newest, or the one that is named; null: nobody ever asked. */
  readonly get: (entry: Entry, id?: string) => Promise<OffboardingView | null>
  /**
   * Throws `stale-authz` for who is no OWNER any more, `invalid-request` for another name, and
   * `offboarding-open` where one is open already.
   */
  readonly request: (
    entry: Entry,
    ask: {
      /** Of the seller, as it was typed: nobody leaves by a slip. */
      readonly name: string
      readonly reason: string
      readonly byUserId: string
      /** Whether all that the seller has is written into files first. */
      readonly export: boolean
    },
  ) => Promise<OffboardingView>
  /** Null: nothing that is open, or too late. */
  readonly withdraw: (entry: Entry) => Promise<OffboardingView | null>
}
interface Deps {
  readonly db: Database
  readonly now: () => Date
  readonly graceDays: number
  readonly exports: Pick<TenantExports, 'request'>
  /** Called when something has been put into the outbox. */
  readonly wake: () => void
}

const dayMs = 86_400_000

/** The mails leave with the next sweep, whoever asked. */
export const createOffboardings = (deps: Deps): Offboardings => {
  const { db, now, graceDays, exports, wake } = deps
  return {
    get: async (entry, id) => {
      const found = await readOffboarding(db.inSellerScope(entry), entry.sellerId, id)
      return found && viewOf(found)
    },
    request: async (entry, { name, reason, byUserId, export: isExported }) => {
      const shredsAt = new Date(now().getTime() + graceDays * dayMs)
      const made = await db.makeInSellerScope(entry, async (scope) => {
        const { sellerId } = scope
        const seller = await scope.one(sql.type(Named)`
          select name from sellers where id = ${sellerId}`)
        if (seller.name !== name) throw mistyped()
        const id = newId()
        const { asked } = await scope.one(sql.type(z.object({ asked: z.boolean() }))`
          select request_offboarding(${id}, ${reason}, ${shredsAt.toISOString()}) as asked`)
        if (!asked) throw fault('offboarding-open')
        if (isExported) {
          const made = await exports.request(scope, { sellerId, reason: 'offboarding', byUserId })
          await nameExport(scope, id, made.id)
        }
        const told = { offboarding: id, shreds_at: shredsAt.toISOString(), reason }
        recordAudit(scope, sellerId, 'seller.offboarding-requested', `seller:${sellerId}`, told)
        scope.made(id)
        return await mustRead(scope, sellerId)
      })
      wake()
      return viewOf(made)
    },
    withdraw: async (entry) => {
      const withdrawn = await db.withSellerScope(entry, async (scope) => {
        const { sellerId } = scope
        const open = await readOffboarding(scope, sellerId)
        if (open === null) return null
        const { done } = await scope.one(sql.type(z.object({ done: z.boolean() }))`
          select withdraw_offboarding(${open.id}) as done`)
        if (!done) return null
        const told = { offboarding: open.id }
        recordAudit(scope, sellerId, 'seller.offboarding-withdrawn', `seller:${sellerId}`, told)
        return await mustRead(scope, sellerId)
      })
      return withdrawn && viewOf(withdrawn)
    },
  }
}

const mistyped = () => {
  const message = 'is not the name of the seller, letter by letter'
  return fault('invalid-request', { errors: [{ pointer: '/name', message }] })
}

const nameExport = async (scope: SellerScope, id: string, exportId: string): Promise<void> => {
  await scope.run(command`
    update seller_offboardings set export_id = ${exportId}
    where seller_id = ${scope.sellerId} and id = ${id}`)
}

interface PlatformAsk {
  readonly sellerId: string
  readonly reason: string
  /** The operator, where a command did it and nobody signed in. */
  readonly by?: string
}

/** In a platform scope. Throws `offboarding-open`, `seller-gone`; null: no such seller. */
export const requestByPlatform = async (
  tx: Tx,
  { sellerId, reason, by, exports, shredsAt }: PlatformAsk & {
    /** Absent: nothing is written into files first. */
    readonly exports?: Pick<TenantExports, 'request'>
    readonly shredsAt: Date
  },
): Promise<Offboarding | null> => {
  const seller = await tx.maybeOne(sql.type(OfOrg)`
    select org_id as org from sellers where id = ${sellerId} for no key update`)
  if (seller === null) return null
  const before = await readOffboarding(tx, sellerId)
  if (before?.state === 'SHREDDED') throw fault('seller-gone')
  if (before !== null && before.state !== 'WITHDRAWN') throw fault('offboarding-open')
  const made = await exports?.request(tx, { sellerId, reason: 'offboarding', byUserId: null })
  const id = newId()
  await tx.run(command`
    insert into seller_offboardings (seller_id, id, reason, shreds_at, export_id)
    values (${sellerId}, ${id}, ${reason}, ${shredsAt.toISOString()}, ${made?.id ?? null})`)
  const told = { offboarding: id, shreds_at: shredsAt.toISOString(), reason, by }
  recordAudit(tx, sellerId, 'seller.offboarding-requested', `seller:${sellerId}`, told)
  recordOrgAudit(tx, seller.org, 'seller.offboarding-requested', `seller:${sellerId}`, {
    reason,
    by,
  })
  return await mustRead(tx, sellerId)
}

/** In a platform scope. Null: no such seller, or nothing that could still be withdrawn. */
export const withdrawByPlatform = async (
  tx: Tx,
  { sellerId, reason, by }: PlatformAsk,
): Promise<Offboarding | null> => {
  const seller = await tx.maybeOne(sql.type(OfOrg)`
    select org_id as org from sellers where id = ${sellerId} for no key update`)
  if (seller === null) return null
  const gone = await tx.maybeOne(sql.type(z.object({ id: z.string() }))`
    update seller_offboardings set state = 'WITHDRAWN', withdrawn_at = clock_timestamp()
    where seller_id = ${sellerId} and state = 'REQUESTED' returning id`)
  if (gone === null) return null
  const told = { offboarding: gone.id, reason, by }
  recordAudit(tx, sellerId, 'seller.offboarding-withdrawn', `seller:${sellerId}`, told)
  recordOrgAudit(tx, seller.org, 'seller.offboarding-withdrawn', `seller:${sellerId}`, {
    reason,
    by,
  })
  return await mustRead(tx, sellerId)
}

const mustRead = async (tx: Tx, sellerId: string): Promise<Offboarding> => {
  const found = await readOffboarding(tx, sellerId)
  if (found === null) throw new Error('unreachable: it was written in this transaction')
  return found
}

const viewOf = (stands: Offboarding): OffboardingView => ({
  ...{ id: stands.id, state: stands.state, reason: stands.reason },
  ...{ requested_at: stands.requestedAt, shreds_at: stands.shredsAt, notice_at: stands.noticeAt },
  ...{ withdrawn_at: stands.withdrawnAt, export_id: stands.exportId },
})

const Named = z.object({ name: z.string() })
const OfOrg = z.object({ org: z.string() })
