/** Switches: what staff turn on and off without a restart, for sweeps, marketplaces and accounts. */
import { z } from 'zod'
import { recordAudit, recordOrgAudit } from '../audit/record.ts'
import type { Database, StaffEntry, Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'

interface SwitchView {
  /** `sweep:<id>`, `marketplace:<CODE>` or `account:<id>`. */
  readonly key: string
  readonly enabled: boolean
  /** Of whoever changed it last; null where the default stands. */
  readonly reason: string | null
  readonly changed_at: Date | null
  readonly changed_by: string | null
}
export interface Switches {
  /** Every sweep and marketplace, and the accounts that were ever switched. */
  readonly list: (actor: StaffEntry) => Promise<readonly SwitchView[]>
  /** Throws `switch-unknown`. What waited goes on when it is switched on. */
  readonly set: (actor: StaffEntry, ask: {
    readonly key: string
    readonly enabled: boolean
    readonly reason: string
    /** The operator, where a command did it and nobody signed in. */
    readonly by?: string
  }) => Promise<SwitchView>
}
export interface SwitchesOptions {
  readonly db: Pick<Database, 'withStaffScope'>
  readonly sweeps: readonly string[]
  readonly marketplaces: readonly string[]
  readonly defaults: SweepDefaults
  /** Called when something has been put into the outbox. */
  readonly wake: () => void
}
/** What the environment says of sweeps, by their ids; on, where it says nothing. */
export type SweepDefaults = Readonly<Record<string, boolean>>

export const createSwitches = (options: SwitchesOptions): Switches => {
  const { db, sweeps, marketplaces, defaults, wake } = options
  const known = new Map<string, boolean>([
    ...sweeps.map((id) => [`sweep:${id}`, defaults[id] ?? true] as const),
    ...marketplaces.map((code) => [`marketplace:${code}`, true] as const),
  ])
  return {
    list: async (actor) => {
      const rows = await db.withStaffScope(actor, (tx) =>
        tx.any(sql.type(switchRow)`
          select key, enabled, reason, changed_at, changed_by from switches order by key`))
      const byKey = new Map(rows.map((row) => [row.key, row]))
      const untouched = [...known].flatMap(([key, enabled]) =>
        byKey.has(key) ? [] : [{ key, enabled, reason: null, changed_at: null, changed_by: null }]
      )
      return [...rows, ...untouched].toSorted((a, b) => a.key < b.key ? -1 : 1)
    },
    set: async (actor, { key, enabled, reason, by }) => {
      const view = await db.withStaffScope(actor, async (tx) => {
        const account = await accountOf(tx, key)
        if (!account && !known.has(key)) throw fault('switch-unknown')
        const row = await tx.one(sql.type(switchRow)`
          insert into switches as s (key, enabled, reason, changed_by)
          values (${key}, ${enabled}, ${reason}, app_current_actor())
          on conflict (key) do update set enabled = excluded.enabled, reason = excluded.reason,
            changed_at = clock_timestamp(), changed_by = excluded.changed_by
          returning key, enabled, reason, changed_at, changed_by`)
        if (enabled) await wakeWaiting(tx, key)
        const data = { enabled, reason, by }
        if (account) {
          const target = `marketplace-account:${account.id}` as const
          recordAudit(tx, account.seller_id, 'marketplace-account.switched', target, data)
        }
        const { id: orgId } = await tx.one(sql.type(z.object({ id: z.string() }))`
          select id from orgs order by created_at limit 1`)
        recordOrgAudit(tx, orgId, 'switch.changed', `switch:${key}`, data)
        return row
      })
      wake()
      return view
    },
  }
}

const accountOf = async (tx: Tx, key: string) => {
  const [, id] = /^account:([0-9a-f-]{36})$/.exec(key) ?? []
  if (id === undefined) return null
  return await tx.maybeOne(sql.type(z.object({ seller_id: z.string(), id: z.string() }))`
    select seller_id, id from marketplace_accounts where id = ${id}`)
}

/** A sweep that is switched on is found by `watchSweeps`. */
const wakeWaiting = async (tx: Tx, key: string): Promise<void> => {
  await tx.run(command`
    select wake_work(a.seller_id, a.id)
    from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
    where ${key} in ('account:' || a.id, 'marketplace:' || m.code)
      and exists (select from work_items w
        where w.seller_id = a.seller_id and w.marketplace_account_id = a.id
          and w.state in ('WAITING', 'RUNNING'))`)
}

const switchRow = z.object({
  key: z.string(),
  enabled: z.boolean(),
  reason: z.string(),
  changed_at: z.date(),
  changed_by: z.string(),
})

/** Which sweeps are off now, as rows and defaults say. */
export const sweepsOff = async (
  db: Pick<Database, 'withPlatformScope'>,
  sweeps: readonly string[],
  defaults: SweepDefaults,
): Promise<ReadonlySet<string>> => {
  const rows = await db.withPlatformScope(
    'switches',
    (tx) =>
      tx.any(sql.type(z.object({ key: z.string(), enabled: z.boolean() }))`
      select key, enabled from switches where key like 'sweep:%'`),
  )
  const told = new Map(rows.map(({ key, enabled }) => [key, enabled]))
  return new Set(sweeps.filter((id) => !(told.get(`sweep:${id}`) ?? defaults[id] ?? true)))
}
