/** The single moves that a tampering is made of, as statements of a superuser. */
import type { Tx } from '#core/db/database.ts'
import { command } from '#core/db/sql.ts'

/** The chain that is tampered with: its events, and where its digests end. */
export interface Target {
  readonly sellerId: string
  readonly events: number
  readonly ends: readonly number[]
  /** Signs a body as the process does: an operator may have got at the key. */
  readonly sign: (body: string) => Uint8Array
  readonly random: () => number
}

export const sql = (tx: Tx, text: string): Promise<number> =>
  tx.run({ ...command`select`, sql: text })

/** From 1 to `most`, or from `least`. */
export const pick = ({ random }: Target, most: number, least = 1): number =>
  least + Math.floor(random() * (most - least + 1))

export const of = ({ sellerId }: Target): string => `seller_id = '${sellerId}'`

/** Makes everything from this event on fit together again, and the head with it. */
export const relink = (tx: Tx, target: Target, from: number): Promise<number> =>
  sql(
    tx,
    `do $$
    declare
      e audit_events;
      v_hash bytea := coalesce(
        (select hash from audit_events where ${of(target)} and seq = ${from - 1}), '');
      v_seq bigint := ${from - 1};
    begin
      for e in select * from audit_events where ${of(target)} and seq >= ${from} order by seq loop
        e.prev_hash := v_hash;
        e.hash := audit_hash(e);
        update audit_events set prev_hash = e.prev_hash, hash = e.hash
          where ${of(target)} and seq = e.seq;
        v_hash := e.hash;
        v_seq := e.seq;
      end loop;
      update audit_heads set seq = v_seq, hash = v_hash where ${of(target)};
    end $$`,
  )

/** Gives the event the hash that fits its fields, and nothing else. */
export const rehash = (tx: Tx, target: Target, where: string): Promise<number> =>
  sql(tx, `update audit_events e set hash = audit_hash(e) where ${of(target)} and ${where}`)

/** Moves numbers, which must not meet on the way. */
export const shift = async (tx: Tx, target: Target, where: string, by: number): Promise<void> => {
  await sql(tx, `update audit_events set seq = -(seq + ${by}) where ${of(target)} and ${where}`)
  await sql(tx, `update audit_events set seq = -seq where ${of(target)} and seq < 0`)
}

/** An event that never happened, of this number, behind the one before it. */
export const forge = async (tx: Tx, target: Target, seq: number, hash = 'audit_hash(e)') => {
  const copied = Math.max(1, seq - 1)
  await sql(
    tx,
    `insert into audit_events
    select (e).* from (
      select jsonb_populate_record(e, jsonb_build_object('hash', ${hash}::text)) as e
      from (
        select jsonb_populate_record(o, jsonb_build_object('seq', ${seq},
          'data', '{"forged":true}', 'prev_hash', ${seq === 1 ? `'\\x'` : 'o.hash::text'})) as e
        from audit_events o where ${of(target)} and seq = ${copied} limit 1
      ) forged
    ) ready`,
  )
}

const edits = [
  `data = '{"n":-1}'`,
  `action = action || 'x'`,
  `target = 'user:nobody'`,
  `at = at + interval '1 microsecond'`,
  `actor_kind = 'user'`,
  `actor_user_id = '019a0000-0000-7000-8000-000000000001'`,
  `actor_super_admin_id = '019a0000-0000-7000-8000-000000000002'`,
  `job_run_id = '019a0000-0000-7000-8000-000000000003'`,
]
export const edit = (tx: Tx, target: Target, seq: number): Promise<number> =>
  sql(
    tx,
    `update audit_events set ${edits[pick(target, edits.length) - 1]}
     where ${of(target)} and seq = ${seq}`,
  )

export const swap = async (tx: Tx, target: Target): Promise<readonly [number, number]> => {
  const a = pick(target, target.events - 1)
  const b = pick(target, target.events, a + 1)
  await sql(tx, `update audit_events set seq = -seq where ${of(target)} and seq in (${a}, ${b})`)
  await sql(
    tx,
    `update audit_events set seq = ${a} + ${b} + seq where ${of(target)} and seq < 0`,
  )
  return [a, b]
}

/** The first and the last event of a digest, not of the one that ends with `but`. */
export const digestRange = (target: Target, but?: number): readonly [number, number] => {
  const ends = target.ends.filter((end) => end !== but)
  const to = ends[pick(target, ends.length) - 1] ?? 0
  const before = target.ends.filter((end) => end < to).at(-1) ?? 0
  return [before + 1, to]
}

/** The digest says what the chain is now, and says it with a signature that holds. */
export const signAnew = async (tx: Tx, target: Target, to: number): Promise<void> => {
  const rows = await tx.any(command`
    select d.body, encode(e.hash, 'hex') as head from audit_digests d
    join audit_events e on e.seller_id = d.seller_id and e.seq = d.seq_to
    where d.seller_id = ${target.sellerId} and d.seq_to = ${to}`) as readonly {
    readonly body: string
    readonly head: string
  }[]
  for (const { body, head } of rows) {
    const changed = body.replace(/"head":"[0-9a-f]*"/, `"head":"${head}"`)
    const signature = Array.from(target.sign(changed), (byte) => byte.toString(16).padStart(2, '0'))
    await sql(
      tx,
      `update audit_digests set body = '${changed}', signature = '\\x${signature.join('')}'
       where ${of(target)} and seq_to = ${to}`,
    )
  }
}
