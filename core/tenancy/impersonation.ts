/** Staff in a seller, as the seller sees it: who asks, who is in, and the end of it. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import type { Database, Entry } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import {
  type ImpersonationMode,
  type ImpersonationPage,
  type ImpersonationView,
  readImpersonation,
  readImpersonations,
} from './impersonation-rows.ts'

export interface Impersonations {
  /** Who is in at this moment. */
  readonly live: (entry: Entry) => Promise<readonly ImpersonationView[]>
  /** Newest first. */
  readonly list: (
    entry: Entry,
    ask: { readonly after?: string; readonly limit: number },
  ) => Promise<ImpersonationPage>
  readonly get: (entry: Entry, id: string) => Promise<ImpersonationView | null>
  /**
   * Lets staff in, for as much as they asked for or less. Null where the seller has no such session;
   * throws `impersonation-state` when there is nothing to decide any more.
   */
  readonly approve: (
    entry: Entry,
    id: string,
    less: { readonly mode?: ImpersonationMode; readonly minutes?: number },
  ) => Promise<ImpersonationView | null>
  readonly deny: (entry: Entry, id: string) => Promise<ImpersonationView | null>
  /** Takes a yes back, or sends staff out: their next statement is refused. May be repeated. */
  readonly end: (entry: Entry, id: string) => Promise<ImpersonationView | null>
}

export const createImpersonations = (
  db: Pick<Database, 'inSellerScope' | 'withSellerScope'>,
): Impersonations => {
  const decide = (
    entry: Entry,
    id: string,
    yes: boolean,
    less: { readonly mode?: ImpersonationMode; readonly minutes?: number } = {},
  ) =>
    db.withSellerScope(entry, async (scope) => {
      const { isDone } = await scope.one(sql.type(Done)`
        select impersonation_decide(${id}, ${yes}, ${less.mode ?? null}, ${less.minutes ?? null})
          as "isDone"`)
      const view = await readImpersonation(scope, id)
      if (view === null) return null
      if (!isDone) throw fault('impersonation-state')
      const action = yes ? 'impersonation.approved' : 'impersonation.denied'
      const data = { super_admin: view.staff.id, mode: view.mode, minutes: view.minutes }
      recordAudit(scope, scope.sellerId, action, `impersonation:${id}`, data)
      return view
    })

  return {
    live: async (entry) =>
      (await readImpersonations(
        db.inSellerScope(entry),
        sql.fragment`i.seller_id = ${entry.sellerId}
          and i.state = 'LIVE' and i.expires_at > clock_timestamp()`,
        { limit: mostLive },
      )).impersonations,
    list: (entry, ask) =>
      readImpersonations(
        db.inSellerScope(entry),
        sql.fragment`i.seller_id = ${entry.sellerId}`,
        ask,
      ),
    get: (entry, id) => readImpersonation(db.inSellerScope(entry), id),
    approve: (entry, id, less) => decide(entry, id, true, less),
    deny: (entry, id) => decide(entry, id, false),
    end: (entry, id) =>
      db.withSellerScope(entry, async (scope) => {
        const { isDone } = await scope.one(sql.type(Done)`
          select impersonation_end(${id}) as "isDone"`)
        const view = await readImpersonation(scope, id)
        if (view === null || !isDone) return view
        recordAudit(scope, scope.sellerId, 'impersonation.ended', `impersonation:${id}`, {
          by: 'seller',
        })
        return view
      }),
  }
}

const mostLive = 100 // staff are few, and each is in one seller at a time

const Done = z.object({ isDone: z.boolean() })
