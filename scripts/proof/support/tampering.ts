/**
 * What somebody who owns the database can do to a chain behind its back: eight kinds, each in the
 * tables themselves, inside of a transaction that is undone afterwards.
 */
import type { Tx } from '#core/db/database.ts'
import {
  digestRange,
  edit,
  forge,
  of,
  pick,
  rehash,
  relink,
  shift,
  signAnew,
  sql,
  swap,
  type Target,
} from './tampering-moves.ts'

export const tamperingKinds = [
  'edit',
  'delete',
  'insert',
  'reorder',
  'tail cut',
  'chain removal',
  'fork',
  'digest swap',
] as const
export type TamperingKind = (typeof tamperingKinds)[number]

export interface Tampering {
  readonly kind: TamperingKind
  readonly how: string
  /** The first event that is not as it was recorded, or of the first digest that is not. */
  readonly first: number
  /** True: nothing but this event is bad or missing by itself, so it has to be named exactly. */
  readonly isExact: boolean
}
type Did = Omit<Tampering, 'kind'>
type Way = (tx: Tx, target: Target) => Promise<Did>

/** Throws for the triggers' sake unless the login is a superuser. */
export const tamper = async (tx: Tx, target: Target, kind: TamperingKind): Promise<Tampering> => {
  await sql(tx, `set local session_replication_role = 'replica'`)
  const ways = waysOf[kind]
  const way = ways[Math.floor(target.random() * ways.length)]
  if (!way) throw new Error(`There is no way to do "${kind}"`)
  return { kind, ...await way(tx, target) }
}

const waysOf: Readonly<Record<TamperingKind, readonly Way[]>> = {
  edit: [
    async (tx, target) => {
      const seq = pick(target, target.events)
      await edit(tx, target, seq)
      return { how: 'one field', first: seq, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events)
      const column = pick(target, 2) === 1 ? 'hash' : 'prev_hash'
      await sql(
        tx,
        `update audit_events set ${column} = sha256('x') where ${of(target)} and seq = ${seq}`,
      )
      return { how: column, first: seq, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events)
      await edit(tx, target, seq)
      await rehash(tx, target, `seq = ${seq}`)
      return { how: 'with its own hash', first: seq, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events)
      await edit(tx, target, seq)
      await relink(tx, target, seq)
      return { how: 'with all that follow', first: seq, isExact: false }
    },
  ],
  delete: [
    async (tx, target) => {
      const seq = pick(target, target.events)
      await sql(tx, `delete from audit_events where ${of(target)} and seq = ${seq}`)
      return { how: 'one event', first: seq, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events - 1)
      const last = pick(target, target.events - 1, seq)
      await sql(
        tx,
        `delete from audit_events where ${of(target)} and seq between ${seq} and ${last}`,
      )
      return { how: 'several events', first: seq, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events - 1)
      await sql(tx, `delete from audit_events where ${of(target)} and seq = ${seq}`)
      await shift(tx, target, `seq > ${seq}`, -1)
      await sql(tx, `update audit_heads set seq = seq - 1 where ${of(target)}`)
      return { how: 'counted anew', first: seq, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events - 1)
      await sql(tx, `delete from audit_events where ${of(target)} and seq = ${seq}`)
      await shift(tx, target, `seq > ${seq}`, -1)
      await rehash(tx, target, `seq >= ${seq}`)
      return { how: 'counted anew, each with its own hash', first: seq, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events - 1)
      await sql(tx, `delete from audit_events where ${of(target)} and seq = ${seq}`)
      await shift(tx, target, `seq > ${seq}`, -1)
      await relink(tx, target, seq)
      return { how: 'counted anew and linked anew', first: seq, isExact: false }
    },
  ],
  insert: [
    async (tx, target) => {
      const seq = pick(target, target.events, 2)
      await shift(tx, target, `seq >= ${seq}`, 1)
      await forge(tx, target, seq)
      await sql(tx, `update audit_heads set seq = seq + 1 where ${of(target)}`)
      return { how: 'with its own hash, the rest counted anew', first: seq, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events, 2)
      await shift(tx, target, `seq >= ${seq}`, 1)
      await forge(tx, target, seq, `sha256('x')`)
      return { how: 'with a hash of nothing', first: seq, isExact: true }
    },
    async (tx, target) => {
      await forge(tx, target, target.events + 1)
      return { how: 'behind the head', first: target.events + 1, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events, 2)
      await shift(tx, target, `seq >= ${seq}`, 1)
      await forge(tx, target, seq)
      await relink(tx, target, seq)
      return { how: 'and all linked anew', first: seq, isExact: false }
    },
  ],
  reorder: [
    async (tx, target) => {
      const [a, b] = await swap(tx, target)
      return { how: 'two events', first: Math.min(a, b), isExact: true }
    },
    async (tx, target) => {
      const [a, b] = await swap(tx, target)
      await rehash(tx, target, `seq in (${a}, ${b})`)
      return { how: 'two events with their own hashes', first: Math.min(a, b), isExact: true }
    },
    async (tx, target) => {
      const [a, b] = await swap(tx, target)
      await relink(tx, target, Math.min(a, b))
      return { how: 'two events, and all linked anew', first: Math.min(a, b), isExact: false }
    },
  ],
  'tail cut': [
    async (tx, target) => {
      const seq = pick(target, target.events, 2)
      await sql(tx, `delete from audit_events where ${of(target)} and seq >= ${seq}`)
      return { how: 'the head stays', first: seq, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events, 2)
      await sql(tx, `delete from audit_events where ${of(target)} and seq >= ${seq}`)
      await relink(tx, target, seq - 1)
      return { how: 'the head goes back', first: seq, isExact: true }
    },
  ],
  'chain removal': [
    async (tx, target) => {
      await sql(tx, `delete from audit_events where ${of(target)}`)
      return { how: 'the head stays', first: 1, isExact: true }
    },
    async (tx, target) => {
      for (const table of ['audit_events', 'audit_heads', 'audit_digests']) {
        await sql(tx, `delete from ${table} where ${of(target)}`)
      }
      return { how: 'nothing stays', first: 1, isExact: true }
    },
    async (tx, target) => {
      const kept = pick(target, target.events - 1)
      await sql(tx, `delete from audit_digests where ${of(target)}`)
      await sql(tx, `delete from audit_events where ${of(target)} and seq <= ${kept}`)
      await shift(tx, target, 'true', -kept)
      await relink(tx, target, 1)
      return { how: 'another chain is begun', first: 1, isExact: false }
    },
  ],
  fork: [
    async (tx, target) => {
      const seq = pick(target, target.events)
      await sql(tx, 'alter table audit_events drop constraint audit_events_pkey')
      await forge(tx, target, seq)
      return { how: 'a second event of the number', first: seq, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events)
      await sql(tx, 'alter table audit_events drop constraint audit_events_pkey')
      await sql(
        tx,
        `insert into audit_events
         select (jsonb_populate_record(e, '{"data": "{}"}')).* from audit_events e
         where ${of(target)} and seq >= ${seq}`,
      )
      return { how: 'a second branch beside the first', first: seq, isExact: true }
    },
    async (tx, target) => {
      const seq = pick(target, target.events)
      await sql(
        tx,
        `update audit_events set data = '{"branch":2}' where ${of(target)} and seq >= ${seq}`,
      )
      await relink(tx, target, seq)
      return { how: 'another branch in place of the first', first: seq, isExact: false }
    },
  ],
  'digest swap': [
    async (tx, target) => {
      const [from, to] = digestRange(target)
      await sql(
        tx,
        `update audit_digests set body = replace(body, '"to":${to},', '"to":${to} ,')
         where ${of(target)} and seq_to = ${to}`,
      )
      return { how: 'another body', first: from, isExact: true }
    },
    async (tx, target) => {
      const [from, to] = digestRange(target)
      await sql(
        tx,
        `update audit_digests set signature = sha512('x') where ${of(target)} and seq_to = ${to}`,
      )
      return { how: 'another signature', first: from, isExact: true }
    },
    async (tx, target) => {
      const [from, to] = digestRange(target)
      await sql(tx, `delete from audit_digests where ${of(target)} and seq_to = ${to}`)
      return { how: 'none', first: from, isExact: true }
    },
    async (tx, target) => {
      const [from, to] = digestRange(target)
      const [other, end] = digestRange(target, to)
      await sql(
        tx,
        `update audit_digests d set body = o.body, signature = o.signature
         from audit_digests o
         where d.seller_id = o.seller_id and o.${of(target)}
           and (d.seq_to, o.seq_to) in ((${to}, ${end}), (${end}, ${to}))`,
      )
      return { how: 'two exchanged', first: Math.min(from, other), isExact: true }
    },
    async (tx, target) => {
      const [from, to] = digestRange(target)
      await edit(tx, target, from)
      await relink(tx, target, from)
      await signAnew(tx, target, to)
      return { how: 'signed anew with the real key for another chain', first: from, isExact: false }
    },
  ],
}
