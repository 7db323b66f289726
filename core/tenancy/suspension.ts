/** What the platform does to a seller as a whole: suspends, resumes, and moves to another plan. */
import { z } from 'zod'
import { recordAudit, recordOrgAudit } from '../audit/record.ts'
import type { Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import type { Plan } from './sellers.ts'

/** `already`: it stood so before, and nothing is recorded. `unknown`: there is no such seller. */
export type SuspensionOutcome = 'done' | 'already' | 'unknown'

interface Suspension {
  readonly sellerId: string
  /** For the seller, who reads it in its audit trail, and for the trail of the org. */
  readonly reason: string
  /** The operator, where a command did it and nobody signed in. */
  readonly by?: string | undefined
}

/**
 * In a platform scope, by whoever acts there. Throws `seller-gone`. From its commit on every write of the seller's people
 * and keys is refused, reading and export stay open; syncs stop with the slice in hand.
 */
export const suspendSeller = (tx: Tx, ask: Suspension) => setStatus(tx, ask, 'SUSPENDED')

/** Lifts the suspension, or throws `seller-gone`; what waits goes on at once, and what fell due with the next sweep. */
export const resumeSeller = (tx: Tx, ask: Suspension) => setStatus(tx, ask, 'ACTIVE')

const setStatus = async (
  tx: Tx,
  { sellerId, reason, by }: Suspension,
  status: 'ACTIVE' | 'SUSPENDED',
): Promise<SuspensionOutcome> => {
  const seller = await tx.maybeOne(sql.type(sellerRow)`
    select org_id, status, plan from sellers where id = ${sellerId} for no key update`)
  if (seller === null) return 'unknown'
  if (seller.status === 'OFFBOARDED') throw fault('seller-gone')
  if (seller.status === status) return 'already'
  // the trigger of the table moves authz_version: every token is stale at once
  await tx.run(command`
    update sellers set status = ${status},
      suspended_at = case when ${status} = 'SUSPENDED' then now() end,
      suspension_reason = case when ${status} = 'SUSPENDED' then ${reason} end
    where id = ${sellerId}`)
  if (status === 'ACTIVE') await tx.run(command`select wake_work(${sellerId}, null)`)
  const action = status === 'SUSPENDED' ? 'seller.suspended' : 'seller.resumed'
  recordAudit(tx, sellerId, action, `seller:${sellerId}`, { reason, by })
  recordOrgAudit(tx, seller.org_id, action, `seller:${sellerId}`, { reason, by })
  return 'done'
}

/** In a platform scope. The limit of the new plan holds from the next order on. */
export const changePlan = async (
  tx: Tx,
  { sellerId, plan }: { readonly sellerId: string; readonly plan: Plan },
): Promise<SuspensionOutcome> => {
  const seller = await tx.maybeOne(sql.type(sellerRow)`
    select org_id, status, plan from sellers where id = ${sellerId} for no key update`)
  if (seller === null) return 'unknown'
  if (seller.plan === plan) return 'already'
  await tx.run(command`update sellers set plan = ${plan} where id = ${sellerId}`)
  const change = { from: seller.plan, to: plan }
  recordAudit(tx, sellerId, 'seller.plan-changed', `seller:${sellerId}`, change)
  recordOrgAudit(tx, seller.org_id, 'seller.plan-changed', `seller:${sellerId}`, change)
  return 'done'
}

const sellerRow = z.object({ org_id: z.string(), status: z.string(), plan: z.string() })
