/**
 * Plugins in the database: what ops want of each, and what every process has made of it. Who wants
 * something raises the generation; processes look at it every few seconds, and say what they did.
 */
import { z } from 'zod'
import { recordOrgAudit } from '../audit/record.ts'
import { textArray, timestampArray } from '../db/arrays.ts'
import type { Database, StaffEntry, Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'

const trusts = ['in-process', 'isolated'] as const
export const pluginStates = [
  'starting',
  'running',
  'draining',
  'disabled',
  'failed',
  'restart-needed',
] as const
export type PluginState = (typeof pluginStates)[number]

/** What ops want of a plugin. */
export interface WantedPlugin {
  readonly id: string
  readonly use: string
  readonly enabled: boolean
  readonly version: string
  readonly trust: (typeof trusts)[number]
  readonly integrity: string | null
  readonly generation: number
  readonly reason: string
  readonly changed_at: Date
  readonly changed_by: string
}
/** What one process says of one plugin. */
export interface PluginReport {
  readonly plugin: string
  readonly state: PluginState
  readonly version: string | null
  readonly trust: (typeof trusts)[number]
  /** What it has acted on. */
  readonly generation: number
  readonly cause: string | null
  readonly since: Date
}
export interface ProcessReport extends PluginReport {
  readonly process: string
  /** `api,worker,sweeps`. */
  readonly parts: string
  readonly seen_at: Date
}
export interface PluginBook {
  readonly wanted: readonly WantedPlugin[]
  /** Of processes that are alive. */
  readonly states: readonly ProcessReport[]
}

/** A process that says nothing for so long is gone. */
const aliveSeconds = 20
const keptHours = 24

export const readPluginBook = async (tx: Tx): Promise<PluginBook> => ({
  wanted: await readWanted(tx),
  states: await tx.any(sql.type(stateRow)`
    select process_id as process, plugin_id as plugin, parts, state, version, trust, generation,
      cause, since, seen_at
    from plugin_states
    where seen_at > clock_timestamp() - make_interval(secs => ${aliveSeconds})
    order by plugin_id, process_id`),
})

/** Processes that have said something in so many milliseconds, and when they did so last. */
export const readProcesses = (
  tx: Tx,
  { withinMs }: { readonly withinMs: number },
): Promise<readonly z.infer<typeof processRow>[]> =>
  tx.any(sql.type(processRow)`
    select process_id as process, min(parts) as parts, max(seen_at) as "seenAt" from plugin_states
    where seen_at > clock_timestamp() - ${withinMs} * interval '1 millisecond'
    group by process_id order by process_id`)
const processRow = z.object({ process: z.string(), parts: z.string(), seenAt: z.date() })

export const readWanted = (tx: Tx): Promise<readonly WantedPlugin[]> =>
  tx.any(sql.type(wantedRow)`
    select id, use, enabled, version, trust, integrity, generation, reason, changed_at, changed_by
    from plugins order by id`)

/** Whether ops have said that it is to be enabled. */
export const isPluginWanted = async (tx: Tx, id: string): Promise<boolean> =>
  await tx.maybeOne(sql.type(z.object({ id: z.string() }))`
    select id from plugins where id = ${id} and enabled`) !== null

/** As staff see them. */
export interface PluginDesk {
  readonly read: (actor: StaffEntry) => Promise<PluginBook>
}
export const createPluginDesk = (db: Pick<Database, 'withStaffScope'>): PluginDesk => ({
  read: (actor) => db.withStaffScope(actor, readPluginBook),
})

/** All that a process says, in one statement; what it does not name it has forgotten. */
export const writeReports = async (
  tx: Tx,
  process: { readonly id: string; readonly parts: string },
  reports: readonly PluginReport[],
): Promise<void> => {
  await tx.run(command`
    delete from plugin_states
    where process_id = ${process.id} and not plugin_id = any(${
    textArray(reports.map(({ plugin }) => plugin))
  }::text[])
      or seen_at < clock_timestamp() - make_interval(hours => ${keptHours})`)
  if (reports.length === 0) return
  await tx.run(command`
    insert into plugin_states as s
      (process_id, plugin_id, parts, state, version, trust, generation, cause, since)
    select ${process.id}, r.plugin, ${process.parts}, r.state, nullif(r.version, ''), r.trust,
      r.generation::bigint, nullif(r.cause, ''), r.since
    from unnest(${textArray(reports.map((one) => one.plugin))}::text[],
      ${textArray(reports.map((one) => one.state))}::text[],
      ${textArray(reports.map((one) => one.version ?? ''))}::text[],
      ${textArray(reports.map((one) => one.trust))}::text[],
      ${textArray(reports.map((one) => String(one.generation)))}::text[],
      ${textArray(reports.map((one) => one.cause ?? ''))}::text[],
      ${timestampArray(reports.map((one) => one.since))}::timestamptz[]
    ) as r (plugin, state, version, trust, generation, cause, since)
    on conflict (process_id, plugin_id) do update set state = excluded.state,
      version = excluded.version, trust = excluded.trust, generation = excluded.generation,
      cause = excluded.cause, since = excluded.since, seen_at = clock_timestamp()`)
}

/** A process that stops says so. */
export const forgetProcess = async (tx: Tx, processId: string): Promise<void> => {
  await tx.run(command`delete from plugin_states where process_id = ${processId}`)
}

export interface PluginChange {
  readonly did: 'enabled' | 'disabled' | 'upgraded' | 'restarted'
  readonly plugin: Pick<WantedPlugin, 'id' | 'use' | 'enabled' | 'version' | 'trust' | 'integrity'>
  readonly reason: string
  /** Who says that they do it. */
  readonly by: string
}

/**
 * In a platform scope, by whoever acts there. What waits of the accounts of a plugin that is enabled
 * gets a message. Answers the new generation.
 */
export const changePlugin = async (
  tx: Tx,
  { did, plugin, reason, by }: PluginChange,
): Promise<number> => {
  const { id, use, enabled, version, trust, integrity } = plugin
  const { generation } = await tx.one(sql.type(z.object({ generation: z.number() }))`
    insert into plugins as p
      (id, use, enabled, version, trust, integrity, reason, changed_by)
    values (${id}, ${use}, ${enabled}, ${version}, ${trust}, ${integrity}, ${reason},
      app_current_actor())
    on conflict (id) do update set use = excluded.use, enabled = excluded.enabled,
      version = excluded.version, trust = excluded.trust, integrity = excluded.integrity,
      generation = p.generation + 1, reason = excluded.reason, changed_at = clock_timestamp(),
      changed_by = excluded.changed_by
    returning generation`)
  if (did === 'enabled') {
    await tx.run(command`
      select wake_work(a.seller_id, a.id)
      from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
      where m.plugin_id = ${id} and exists (select from work_items w
        where w.seller_id = a.seller_id and w.marketplace_account_id = a.id
          and w.state in ('WAITING', 'RUNNING'))`)
    // stock may have moved meanwhile; only what takes some has been pushed to before
    await tx.run(command`
      select request_work(a.seller_id, a.id, 'INVENTORY', 'push', uuidv7(), uuidv7(), uuidv7(),
        w.queue, null, null)
      from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
      cross join lateral (select queue from work_items w
        where w.seller_id = a.seller_id and w.marketplace_account_id = a.id
          and w.target = 'INVENTORY'
        order by w.id desc limit 1) w
      where m.plugin_id = ${id}`)
  }
  const org = await tx.maybeOne(sql.type(z.object({ id: z.string() }))`
    select id from orgs order by created_at limit 1`)
  // before its first seller a platform has no trail yet
  if (org) {
    const data = { did, version, generation, reason, by }
    recordOrgAudit(tx, org.id, 'plugin.changed', `plugin:${id}`, data)
  }
  return generation
}

/** What the database lacks for a plugin: its row as a marketplace, and tables. */
export const lacksOfPlugin = async (
  tx: Tx,
  plugin: {
    readonly id: string
    readonly isMarketplace: boolean
    readonly tables: readonly string[]
  },
): Promise<readonly string[]> => {
  const tables = await tx.any(sql.type(z.object({ name: z.string() }))`
    select name from unnest(${textArray(plugin.tables)}::text[]) as t (name)
    where to_regclass(quote_ident(name)) is null`)
  const lacks = tables.map(({ name }) => name)
  if (!plugin.isMarketplace) return lacks
  const row = await tx.maybeOne(sql.type(z.object({ id: z.string() }))`
    select id from marketplaces where plugin_id = ${plugin.id}`)
  return row === null ? ['its row in marketplaces', ...lacks] : lacks
}

const trust = z.enum(trusts)
const wantedRow = z.object({
  id: z.string(),
  use: z.string(),
  enabled: z.boolean(),
  version: z.string(),
  trust,
  integrity: z.string().nullable(),
  generation: z.number(),
  reason: z.string(),
  changed_at: z.date(),
  changed_by: z.string(),
})
const stateRow = z.object({
  process: z.string(),
  plugin: z.string(),
  parts: z.string(),
  state: z.enum(pluginStates),
  version: z.string().nullable(),
  trust,
  generation: z.number(),
  cause: z.string().nullable(),
  since: z.date(),
  seen_at: z.date(),
})
