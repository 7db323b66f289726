/** Staff in a seller, as staff do it: ask, be let in, start, end. */
import { z } from 'zod'
import { recordAudit, recordOrgAudit } from '../audit/record.ts'
import type { Database, StaffEntry, Tx } from '../db/database.ts'
import { sqlState } from '../db/scope.ts'
import { command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import { newId } from '../ids.ts'
import { type Notice, type SendMail, tellOwners } from './impersonation-notice.ts'
import {
  type ImpersonationMode,
  impersonationModes,
  type ImpersonationPage,
  type ImpersonationView,
  readImpersonation,
  readImpersonations,
} from './impersonation-rows.ts'
import { ensureOrg } from './provision.ts'

/** Who of staff acts, from which of their sessions. */
export interface StaffActor {
  readonly superAdminId: string
  readonly staffSessionId: string
}
interface ImpersonationAsk {
  readonly sellerId: string
  /** 10 characters or more; the seller reads it. */
  readonly reason: string
  readonly ticket: string
  readonly mode: ImpersonationMode
  /** 60 at most. */
  readonly minutes: number
  /** A second one of staff lets them in; the seller is told at once. Needs `READ_ONLY`. */
  readonly emergency: boolean
}
/** A live session, as the door into a seller asks for it. */
interface LiveImpersonation {
  readonly sellerId: string
  readonly sellerStatus: 'ACTIVE' | 'SUSPENDED'
  /** Of the seller: it moves with a suspension. */
  readonly authzVersion: string
  readonly mode: ImpersonationMode
  readonly expiresAt: Date
}

/** Each answers null where there is no such session or seller. */
export interface StaffImpersonations {
  /** Of all staff and sellers, newest first. */
  readonly list: (
    actor: StaffActor,
    ask: { readonly sellerId?: string; readonly after?: string; readonly limit: number },
  ) => Promise<ImpersonationPage>
  /** Throws `conflict-of-interest`, `impersonation-open`. */
  readonly request: (
    actor: StaffActor,
    ask: ImpersonationAsk,
  ) => Promise<ImpersonationView | null>
  /** By the second one of staff. Throws `conflict-of-interest`, `impersonation-state`. */
  readonly approve: (actor: StaffActor, id: string) => Promise<ImpersonationView | null>
  /** Throws `conflict-of-interest`, `impersonation-open`, `impersonation-state`. */
  readonly start: (actor: StaffActor, id: string) => Promise<ImpersonationView | null>
  /** May be repeated. */
  readonly end: (actor: StaffActor, id: string) => Promise<ImpersonationView | null>
  /** Null also when it is not live, or was not started from this very session. */
  readonly enter: (actor: StaffActor, id: string) => Promise<LiveImpersonation | null>
}

export const createStaffImpersonations = (
  { db, sendMail }: {
    readonly db: Pick<Database, 'withStaffScope'>
    readonly sendMail: SendMail
  },
): StaffImpersonations => ({
  list: (actor, { sellerId, ...page }) =>
    db.withStaffScope(actor, (tx) =>
      readImpersonations(
        tx,
        sellerId === undefined ? sql.fragment`true` : sql.fragment`i.seller_id = ${sellerId}::uuid`,
        page,
      )),

  request: async (actor, { sellerId, reason, ticket, mode, minutes, emergency }) => {
    const id = newId()
    const told = await db.withStaffScope(about(actor, id), async (tx) => {
      const found = await tx.maybeOne(sql.type(AskedOf)`
        select s.support_consent as consent, a.name as staff from sellers s, super_admins a
        where s.id = ${sellerId} and s.status <> 'OFFBOARDED' and a.id = ${actor.superAdminId}`)
      if (found === null) return null
      await refuseOwnSeller(tx, actor, sellerId)
      await refuseSecond(tx, actor, sellerId)
      const consent = emergency ? 'EMERGENCY' : found.consent
      await tx.run(command`
        insert into impersonation_sessions
          (seller_id, id, super_admin_id, staff_name, mode, consent, state, reason, ticket, minutes)
        values (${sellerId}, ${id}, ${actor.superAdminId}, ${found.staff}, ${mode}, ${consent},
          ${consent === 'NOTIFY' ? 'APPROVED' : 'REQUESTED'}, ${reason}, ${ticket}, ${minutes})`)
      const asked = { mode, consent, reason, ticket, minutes }
      recordAudit(tx, sellerId, 'impersonation.requested', `impersonation:${id}`, asked)
      recordOrgAudit(tx, await ensureOrg(tx), 'impersonation.requested', `impersonation:${id}`, {
        seller: sellerId,
        ...asked,
      })
      return await tellOwners(tx, id)
    })
    told?.mails.forEach(sendMail)
    return told?.view ?? null
  },

  approve: async (actor, id) => {
    const mails: Notice[] = []
    const view = await move(db, actor, id, async (tx, before) => {
      const isForOne = before.consent === 'EMERGENCY' && before.staff.id !== actor.superAdminId
      if (!isForOne || before.state !== 'REQUESTED') throw fault('impersonation-state')
      await refuseOwnSeller(tx, actor, before.seller.id)
      await tx.run(command`
        update impersonation_sessions set state = 'APPROVED', decided_at = clock_timestamp(),
          decided_by_super_admin_id = ${actor.superAdminId}
        where seller_id = ${before.seller.id} and id = ${id}`)
      const { seller, mode, minutes } = before
      const data = { mode, minutes, by: 'staff' }
      recordAudit(tx, seller.id, 'impersonation.approved', `impersonation:${id}`, data)
      await recordForOrg(tx, 'impersonation.approved', before)
      mails.push(...(await tellOwners(tx, id)).mails)
    })
    mails.forEach(sendMail)
    return view
  },

  start: (actor, id) =>
    move(db, actor, id, async (tx, before) => {
      if (before.staff.id !== actor.superAdminId || before.state !== 'APPROVED') {
        throw fault('impersonation-state')
      }
      // they may have joined the seller since they asked
      await refuseOwnSeller(tx, actor, before.seller.id)
      await tx.run(command`
        update impersonation_sessions
        set state = 'LIVE', staff_session_id = ${actor.staffSessionId}
        where seller_id = ${before.seller.id} and id = ${id}`)
      const { seller, mode, minutes } = before
      const data = { mode, minutes }
      recordAudit(tx, seller.id, 'impersonation.started', `impersonation:${id}`, data)
      await recordForOrg(tx, 'impersonation.started', before)
    }),

  end: (actor, id) =>
    move(db, actor, id, async (tx, before) => {
      if (before.staff.id !== actor.superAdminId) throw fault('impersonation-state')
      if (before.state === 'ENDED' || before.state === 'DENIED') return
      await tx.run(command`
        update impersonation_sessions
        set state = 'ENDED', ended_by = ${`staff:${actor.superAdminId}`}
        where seller_id = ${before.seller.id} and id = ${id}`)
      const data = { by: 'staff' }
      recordAudit(tx, before.seller.id, 'impersonation.ended', `impersonation:${id}`, data)
      await recordForOrg(tx, 'impersonation.ended', before)
    }),

  enter: (actor, id) =>
    db.withStaffScope(actor, (tx) =>
      tx.maybeOne(sql.type(Live)`
        select i.seller_id as "sellerId", s.status as "sellerStatus",
          s.authz_version::text as "authzVersion", i.mode, i.expires_at as "expiresAt"
        from impersonation_sessions i join sellers s on s.id = i.seller_id
        where i.super_admin_id = ${actor.superAdminId} and i.id = ${id}
          and i.staff_session_id = ${actor.staffSessionId}
          and i.state = 'LIVE' and i.expires_at > clock_timestamp()`)),
})

/** Both ids stand in the audit events of the transaction. */
const about = (actor: StaffActor, impersonationId: string): StaffEntry => ({
  ...actor,
  impersonationId,
})

/** The transaction that brings a session from one state to the next. */
const move = async (
  db: Pick<Database, 'withStaffScope'>,
  actor: StaffActor,
  id: string,
  work: (tx: Tx, before: ImpersonationView) => Promise<void>,
): Promise<ImpersonationView | null> => {
  try {
    return await db.withStaffScope(about(actor, id), async (tx) => {
      // whoever else moves it waits, and finds what came of this
      await tx.run(command`select from impersonation_sessions where id = ${id} for update`)
      const before = await readImpersonation(tx, id)
      if (before === null) return null
      await work(tx, before)
      return await readImpersonation(tx, id)
    })
  } catch (error) {
    // the trigger counts the live ones, so that two starts at once are seen
    throw sqlState(error) === 'RB009' ? fault('impersonation-open', { cause: error }) : error
  }
}

/** Behind what is recorded for the seller. */
const recordForOrg = async (
  tx: Tx,
  action: 'impersonation.approved' | 'impersonation.started' | 'impersonation.ended',
  { id, seller }: ImpersonationView,
): Promise<void> =>
  recordOrgAudit(tx, await ensureOrg(tx), action, `impersonation:${id}`, { seller: seller.id })

/** Nobody looks into a seller that they work for themselves. */
const refuseOwnSeller = async (tx: Tx, actor: StaffActor, sellerId: string): Promise<void> => {
  const own = await tx.any(sql.type(z.unknown())`
    select from super_admins a
    join identities i on i.email = a.email
    join seller_users u on u.identity_id = i.id and u.removed_at is null
    where a.id = ${actor.superAdminId} and u.seller_id = ${sellerId}`)
  if (own.length > 0) throw fault('conflict-of-interest')
}

/** One request at a time for a seller: a repeated one would ask the seller twice. */
const refuseSecond = async (tx: Tx, actor: StaffActor, sellerId: string): Promise<void> => {
  const open = await tx.any(sql.type(z.unknown())`
    select from impersonation_sessions
    where super_admin_id = ${actor.superAdminId} and seller_id = ${sellerId}
      and state in ('REQUESTED', 'APPROVED', 'LIVE') and expires_at > clock_timestamp()`)
  if (open.length > 0) throw fault('impersonation-open')
}

const AskedOf = z.object({ consent: z.enum(['REQUIRED', 'NOTIFY']), staff: z.string() })
const Live = z.object({
  sellerId: z.string(),
  sellerStatus: z.enum(['ACTIVE', 'SUSPENDED']),
  authzVersion: z.string(),
  mode: z.enum(impersonationModes),
  expiresAt: z.date(),
})
