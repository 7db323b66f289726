/** SQL as an attacker would write it who may run what he likes inside one seller's scope. */
import { Buffer } from 'node:buffer'
import { newId } from '#core/ids.ts'
import type { Entry } from '#core/db/database.ts'
import { scopeKeyOf } from '#core/db/proof.ts'
import { enterText, type Knock, knockOf } from '../support/scope-key.ts'

export interface Target {
  readonly sellerId: string
  readonly userId: string
  readonly identityId: string
  readonly email: string
  readonly sessionId: string
  readonly entry: Entry
}
/** What the attacker has got hold of: entries and marks that were good once, or elsewhere. */
export interface Loot {
  /** Of the target, signed for a backend that is not this one. */
  readonly elsewhere: Knock
  /** The three settings of the target's own scopes, in earlier transactions. */
  readonly settings: readonly (readonly [name: string, value: string])[]
}
export type Random = () => number

const pick = <T>(random: Random, list: readonly T[]): T => {
  const one = list[Math.floor(random() * list.length)]
  if (one === undefined) throw new Error('There is nothing to choose from')
  return one
}
const quoted = (text: string): string => `'${text.replaceAll(`'`, `''`)}'`

/** Tables of core that hold rows of sellers or of people. */
const wanted = [
  ...['sellers', 'seller_users', 'sessions', 'marketplace_accounts', 'orders', 'order_items'],
  ...['audit_events', 'audit_heads', 'decrypt_ledger', 'seller_keys', 'job_runs', 'work_items'],
  ...['outbox', 'api_keys', 'invitations', 'impersonation_sessions', 'identities', 'super_admins'],
  ...['scope_keys', 'recovery_codes', 'mail_tokens', 'permission_overrides', 'idempotency_keys'],
]

/** Statements that would make the scope another one. */
const moves: readonly ((random: Random, to: Target, loot: Loot) => string)[] = [
  (random, { sellerId, userId }) => {
    const [name, value] = pick(random, [
      ['app.current_seller_id', sellerId],
      ['app.actor', `user:${userId}`],
      ['app.actor', 'system:injected'],
      ['app.actor', `staff:${userId}/${newId()}`],
      ['app.scope', ''],
      ['app.scope', 'r'],
      ['app.scope', newId().replaceAll('-', '').repeat(2)],
    ])
    return pick(random, [
      `select set_config('${name}', '${value}', ${random() < 0.5})`,
      `set ${pick(random, ['local ', 'session ', ''])}${name} = '${value}'`,
    ])
  },
  (random, _to, { settings }) =>
    `select ${
      settings.map(([name, value]) => `set_config('${name}', '${value}', ${random() < 0.5})`)
        .join(', ')
    }`,
  (random) =>
    pick(random, [
      ...['reset role', 'reset all', 'set role none', 'reset app.scope', 'discard plans'],
      ...['set local row_security = off', `select set_config('row_security', 'off', false)`],
      ...[
        `select set_config('role', 'none', ${random() < 0.5})`,
        'set session authorization default',
      ],
      ...[
        'set local session_replication_role = replica',
        'discard all',
        'reset session authorization',
      ],
    ]),
  (random) => {
    const role = pick(random, [
      ...['robnu_platform', 'robnu_owner', 'robnu_gate', 'robnu_door', 'robnu_tenant', 'robnu_app'],
      ...['robnu_plugins', 'postgres', 'pg_read_all_data', 'pg_read_all_settings'],
    ])
    return pick(random, [
      `set ${pick(random, ['local ', ''])}role ${role}`,
      `select set_config('role', '${role}', true)`,
      `set session authorization ${role}`,
    ])
  },
  (random, to, { elsewhere }) => {
    const forged = knockOf(to.entry, Math.floor(random() * 100_000), {
      key: scopeKeyOf(new Uint8Array(32).fill(Math.floor(random() * 256))),
    })
    const proof = pick(random, [
      new Uint8Array(0),
      new Uint8Array(32),
      Buffer.from(newId().repeat(2).slice(0, 32)),
      forged.proof,
      elsewhere.proof,
    ])
    return enterText({ ...pick(random, [forged, elsewhere]), proof })
  },
  (random) =>
    pick(random, [
      'commit',
      'rollback',
      'begin',
      'savepoint s',
      'rollback to savepoint s',
      'abort',
    ]),
]

/** Functions that answer for any seller, to whoever may call them. */
const callGate = (random: Random, to: Target): string => {
  const { sellerId, sessionId, email, identityId } = to
  return pick(random, [
    `select * from auth_identity('${email}')`,
    `select * from auth_account('${sellerId}', '${sessionId}')`,
    `select * from auth_sessions('${sellerId}', '${sessionId}')`,
    `select * from auth_sellers('${sellerId}', '${sessionId}')`,
    `select * from auth_reload('${sellerId}', '${sessionId}')`,
    `select auth_close_session('${sellerId}', '${sessionId}')`,
    `select * from auth_open_session('${identityId}', null, '${newId()}', now() + '1 hour')`,
    `select * from auth_overrides('${sellerId}', '${newId()}')`,
    `select * from claim_work('${sellerId}', '${newId()}', '${newId()}', 1000)`,
  ])
}

/** A look at what is not the attacker's, and writes that would change it or be told as somebody else's. */
const looks: readonly ((random: Random, at: Target) => string)[] = [
  (random) => `select * from ${pick(random, wanted)}`,
  (random, { sellerId }) => `select * from ${pick(random, wanted)} where seller_id = '${sellerId}'`,
  (random) => `select t::text::int from ${pick(random, wanted)} t`,
  (random, { sellerId }) =>
    `update ${pick(random, wanted)} set seller_id = seller_id where seller_id = '${sellerId}'
     returning *`,
  (random, { sellerId }) =>
    `delete from ${pick(random, wanted)} where seller_id = '${sellerId}' returning *`,
  (_random, { sellerId }) =>
    `insert into outbox (seller_id, id, queue, group_key, body)
     values ('${sellerId}', '${newId()}', 'injected', 'g', '{}') returning *`,
  (random, { sellerId }) =>
    `select audit_append('${sellerId}', 'injected.${pick(random, ['one', 'two'])}', 'x:1', '{}')`,
  (_random, { sellerId }) =>
    `insert into decrypt_ledger (seller_id, id, purpose, table_name, columns, row_ids, opened)
     values ('${sellerId}', '${newId()}', 'injected', 'orders', '{}', '{}', 0)`,
  callGate,
  (_random, { sellerId }) => `select scope_mark('scope', '${sellerId}', 'user:x')`,
  () => 'select app_current_seller_id(), app_writable_seller_id(), app_current_actor()',
  () => `select query, usename from pg_stat_activity`,
  () => 'select name, statement from pg_prepared_statements',
]

/** Ways to have a statement run by another one. */
const wrappings: readonly ((random: Random, text: string) => string)[] = [
  (_random, text) => text,
  (_random, text) => `select query_to_xml(${quoted(text)}, true, true, '')`,
  (_random, text) => `do $x$ begin execute ${quoted(text)}; end $x$`,
  (_random, text) => `do $x$ begin ${text}; exception when others then null; end $x$`,
  (_random, text) => `with t as (${text}) select * from t`,
  (_random, text) => `explain (analyze, verbose) ${text}`,
  (_random, text) => `select * from (${text}) t`,
  (_random, text) => `prepare injected as ${text}`,
  (_random, text) => `declare injected cursor for ${text}`,
  (_random, text) => `select ts_stat(${quoted(`select to_tsvector(x::text) from (${text}) x`)})`,
  (_random, text) => `create function pg_temp.f() returns void language sql as ${quoted(text)}`,
]

export interface Fragment {
  /** Put behind a quote of a condition, into an ORDER BY, or run as they stand, one after the other. */
  readonly way: 'condition' | 'order' | 'statement' | 'statements' | 'flush'
  readonly texts: readonly string[]
}

/** What somebody would write who has read our migrations. */
const recipe = (random: Random, to: Target, { settings }: Loot): readonly string[] => {
  const { sellerId, userId } = to
  const isLocal = random() < 0.5
  const set = (name: string, value: string) => `set_config('${name}', '${value}', ${isLocal})`
  const leave = `set_config('role', 'none', ${isLocal})`
  const become = set('app.current_seller_id', sellerId)
  const copy = settings.map(([name, value]) => set(name, value)).join(', ')
  const run = (text: string) => `query_to_xml(${quoted(text)}, true, true, '')`
  const gate = callGate(random, to)
  const table = pick(random, wanted)
  return pick(random, [
    [pick(random, ['reset role', 'set role none', `select ${leave}`]), gate],
    [`select ${leave}, ${run(gate)}`],
    [`do $x$ begin perform ${leave}; execute ${quoted(gate)}; end $x$`],
    [`select ${become}, ${run(`select * from ${table}`)}`],
    [`select ${copy}, ${run(`select * from ${table}`)}`],
    [`select ${copy}`, `select * from ${table}`],
    [`select ${set('app.actor', `user:${userId}`)}`, `select app_current_actor()`],
    [
      `select ${set('app.actor', pick(random, [`user:${userId}`, 'system:x', `run:${newId()}`]))}`,
      `select audit_append(current_setting('app.current_seller_id')::uuid, 'injected.own', 'x:1', '{}')`,
    ],
    [`select ${copy}`, `select audit_append('${sellerId}', 'injected.theirs', 'x:1', '{}')`],
    [
      `do $x$ begin perform ${become};
         update ${table} set seller_id = seller_id where seller_id = '${sellerId}'; end $x$`,
    ],
  ])
}

const scalar = (text: string): string => `(select string_agg(t::text, ',') from (${text}) t)`

/** One fragment of an endless row; the same seed gives the same row. */
export const drawFragment = (random: Random, to: Target, loot: Loot): Fragment => {
  const move = () => pick(random, wrappings)(random, pick(random, moves)(random, to, loot))
  const look = () => pick(random, wrappings)(random, pick(random, looks)(random, to))
  // a look that is plain SQL, for the places where nothing else fits
  const read = () => (looks[Math.floor(random() * 3)] ?? look)(random, to)
  const set = () =>
    pick(random, [
      `set_config('app.current_seller_id', '${to.sellerId}', true)`,
      `set_config('role', '${pick(random, ['none', 'robnu_door', 'robnu_platform'])}', true)`,
      `(${enterText(pick(random, [loot.elsewhere, knockOf(to.entry, 1)]))})::text`,
    ])
  if (random() < 0.3) return { way: 'statements', texts: recipe(random, to, loot) }
  const way = pick(random, ['condition', 'order', 'statement', 'statements', 'flush'] as const)
  switch (way) {
    case 'condition':
      return {
        way,
        texts: [pick(random, [
          `' or true --`,
          `' union all select null, ${scalar(read())} --`,
          `' or ${set()} is not null or ${scalar(read())} is not null --`,
          `' union all select null, ${set()} union all select null, ${scalar(read())} --`,
          `'; ${move()}; ${look()} --`,
          `' union all select null, query_to_xml(${quoted(look())}, true, true, '')::text --`,
          `' and (select ${set()}) is not null union all
             select null, query_to_xml(${quoted(look())}, true, true, '')::text --`,
        ])],
      }
    case 'order':
      return {
        way,
        texts: [pick(random, [
          `(case when ${set()} is null then 1 end), ${scalar(read())}`,
          `(select 1 / length(${scalar(read())}))`,
          `query_to_xml(${quoted(move())}, true, true, '')::text, ${scalar(read())}`,
        ])],
      }
    default: {
      const count = way === 'statements' ? 1 + Math.floor(random() * 4) : 0
      return { way, texts: [...Array.from({ length: count }, move), look()] }
    }
  }
}
