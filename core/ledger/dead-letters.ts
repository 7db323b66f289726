/** Dead letters as people see them: what failed each time, and sending it again or letting it be. */
import { z } from 'zod'
import { recordAudit, recordOrgAudit } from '../audit/record.ts'
import type { Database, Entry, Queries, StaffEntry, Tx } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { newId } from '../ids.ts'
import { type WorkTarget, workTarget } from '../queues/targets.ts'
import type { AccountLimit } from '../rbac/decide.ts'
import { allOf, type Fragment, theRow, withinLimit } from './account-limit.ts'

export const letterStates = ['DEAD', 'REDRIVEN', 'DISMISSED'] as const
interface LetterView {
  readonly id: string
  readonly seller_id: string
  readonly marketplace_account_id: string | null
  readonly run_id: string | null
  readonly target: WorkTarget
  readonly queue: string
  readonly reason: string
  /** How often it was handed out. */
  readonly receives: number
  readonly state: (typeof letterStates)[number]
  readonly created_at: Date
  readonly changed_at: Date | null
  readonly changed_by: string | null
  readonly change_reason: string | null
}
interface LetterPosition {
  readonly createdAt: Date
  readonly id: string
}
interface ListAsk {
  readonly state?: LetterView['state']
  readonly accountId?: string
  readonly id?: string
  readonly queue?: string
  readonly after?: LetterPosition
  readonly limit: number
}
interface Letters {
  readonly letters: readonly LetterView[]
  readonly next: LetterPosition | null
}
type Decision = 'redrive' | 'dismiss'
/** A message that led to no work of ours, and what it began with. */
interface StrayView {
  readonly id: string
  readonly queue: string
  readonly body: string
  readonly body_bytes: number
  readonly reason: string
  readonly receives: number
  readonly created_at: Date
}

export interface DeadLetters {
  /** Newest first; of those accounts that the caller may see. */
  readonly list: (
    entry: Entry,
    ask: ListAsk & { readonly accounts: AccountLimit | null },
  ) => Promise<Letters>
  /** Null: no such letter. Deciding twice is deciding once: the first decision stays. */
  readonly decide: (entry: Entry, ask: {
    readonly id: string
    readonly decision: Decision
    readonly reason: string
    readonly accounts: AccountLimit | null
  }) => Promise<LetterView | null>
}
export interface StaffDeadLetters {
  readonly list: (
    actor: StaffEntry,
    ask: ListAsk & { readonly sellerId?: string },
  ) => Promise<Letters>
  readonly decide: (actor: StaffEntry, ask: {
    readonly sellerId: string
    readonly id: string
    readonly decision: Decision
    readonly reason: string
    /** The operator, where a command did it and nobody signed in. */
    readonly by?: string
  }) => Promise<LetterView | null>
  /** The newest hundred. */
  readonly strays: (actor: StaffEntry) => Promise<readonly StrayView[]>
}

interface Deps {
  readonly db: Database
  /** Called when something has been put into the outbox. */
  readonly wake: () => void
}

export const createDeadLetters = ({ db, wake }: Deps): DeadLetters => ({
  list: ({ sellerId, ...entry }, { accounts, ...ask }) =>
    listLetters(db.inSellerScope({ sellerId, ...entry }), ask, [
      sql.fragment`seller_id = ${sellerId}`,
      ...withinLimit(accounts, sql.fragment`marketplace_account_id`),
    ]),
  decide: async (entry, { accounts, ...ask }) => {
    const letter = await db.withSellerScope(entry, async (scope) => {
      const row = theRow(scope.sellerId, ask.id, accounts)
      const there = await scope.maybeOne(sql.type(letterRow)`
        select ${columns} from dead_letters where ${row}`)
      return there && (await decide(scope, { sellerId: scope.sellerId, ...ask })).letter
    })
    wake()
    return letter
  },
})

export const createStaffDeadLetters = ({ db, wake }: Deps): StaffDeadLetters => ({
  list: (actor, { sellerId, ...ask }) =>
    db.withStaffScope(
      actor,
      (tx) => listLetters(tx, ask, sellerId ? [sql.fragment`seller_id = ${sellerId}`] : []),
    ),
  decide: async (actor, ask) => {
    const letter = await db.withStaffScope(actor, async (tx) => {
      const { changed, letter } = await decide(tx, ask)
      if (!changed) return letter
      const { org_id } = await tx.one(sql.type(z.object({ org_id: z.string() }))`
        select org_id from sellers where id = ${ask.sellerId}`)
      recordOrgAudit(tx, org_id, actions[ask.decision], `dead-letter:${ask.id}`, {
        seller: ask.sellerId,
        reason: ask.reason,
        by: ask.by,
      })
      return letter
    })
    wake()
    return letter
  },
  strays: (actor) =>
    db.withStaffScope(actor, (tx) =>
      tx.any(sql.type(strayRow)`
        select id, queue, body, body_bytes, reason, receives, created_at
        from stray_messages order by created_at desc, id limit 100`)),
})

const actions = { redrive: 'dead-letter.redriven', dismiss: 'dead-letter.dismissed' } as const

const decide = async (
  tx: Tx,
  { sellerId, id, decision, reason, by }: {
    readonly sellerId: string
    readonly id: string
    readonly decision: Decision
    readonly reason: string
    readonly by?: string
  },
): Promise<{ readonly changed: boolean; readonly letter: LetterView | null }> => {
  const told = await tx.maybeOne(sql.type(z.object({ changed: z.boolean() }))`
    select changed
    from redrive_work(${sellerId}, ${id}, ${newId()}, ${reason}, ${decision === 'dismiss'})`)
  if (told?.changed) {
    recordAudit(tx, sellerId, actions[decision], `dead-letter:${id}`, { reason, by })
  }
  return { changed: told?.changed === true, letter: await readLetter(tx, { sellerId, id }) }
}

const readLetter = (
  queries: Queries,
  { sellerId, id }: { readonly sellerId: string; readonly id: string },
): Promise<LetterView | null> =>
  queries.maybeOne(sql.type(letterRow)`
    select ${columns} from dead_letters where seller_id = ${sellerId} and id = ${id}`)

const listLetters = async (
  queries: Queries,
  { state, accountId, id, queue, after, limit }: ListAsk,
  conditions: readonly Fragment[],
): Promise<Letters> => {
  const where = allOf(
    sql.fragment`true`,
    ...conditions,
    ...state ? [sql.fragment`state = ${state}`] : [],
    ...accountId ? [sql.fragment`marketplace_account_id = ${accountId}`] : [],
    ...id ? [sql.fragment`id = ${id}`] : [],
    ...queue ? [sql.fragment`queue = ${queue}`] : [],
    ...after
      ? [
        sql
          .fragment`(created_at, id) < (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
      ]
      : [],
  )
  const rows = await queries.any(sql.type(letterRow)`
    select ${columns} from dead_letters where ${where}
    order by created_at desc, id desc limit ${limit + 1}`)
  const letters = rows.slice(0, limit)
  const last = letters.at(-1)
  const more = rows.length > limit && last
  return { letters, next: more ? { createdAt: last.created_at, id: last.id } : null }
}

const columns = sql.fragment`id, seller_id, marketplace_account_id, job_run_id as run_id, target,
  queue, reason, receives, state, created_at, changed_at,
  changed_by, change_reason`
const letterRow = z.object({
  id: z.string(),
  seller_id: z.string(),
  marketplace_account_id: z.string().nullable(),
  run_id: z.string().nullable(),
  target: workTarget,
  queue: z.string(),
  reason: z.string(),
  receives: z.number(),
  state: z.enum(letterStates),
  created_at: z.date(),
  changed_at: z.date().nullable(),
  changed_by: z.string().nullable(),
  change_reason: z.string().nullable(),
})
const strayRow = z.object({
  id: z.string(),
  queue: z.string(),
  body: z.string(),
  body_bytes: z.number(),
  reason: z.string(),
  receives: z.number(),
  created_at: z.date(),
})
