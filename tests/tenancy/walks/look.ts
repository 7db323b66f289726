/** What a walk has left in the database, beside what the model says that it did. */
import type { House } from './house.ts'

/** Where both chains and ledgers stand before a walk. */
export interface Before {
  readonly at: Date
}
export const lookBefore = async ({ world }: Pick<House, 'world'>): Promise<Before> => {
  const [row] = await world.sql<{ at: Date }[]>`select clock_timestamp() as at`
  if (!row) throw new Error('There is no time')
  return row
}

/** Every way in which the two do not agree. */
export const findFaults = async (house: House, { at }: Before): Promise<readonly string[]> => {
  const { world: { sql }, sessions, sellers } = house
  const ids = sellers.map(({ seller }) => seller.sellerId)
  const faults: string[] = []
  const expect = (what: string, found: unknown, expected: unknown): void => {
    const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
    if (a !== b) faults.push(`${what}: ${a} instead of ${b}`)
  }

  const rows = await sql`
    select id, super_admin_id as admin, mode, minutes, started_at, expires_at,
      case when state in ('REQUESTED', 'APPROVED', 'LIVE') and expires_at <= clock_timestamp()
        then 'ENDED' else state end as state,
      case when state in ('REQUESTED', 'APPROVED', 'LIVE') and expires_at <= clock_timestamp()
        then 'expired' else ended_by end as by
    from impersonation_sessions where seller_id in ${sql(ids)} and id in ${
    sql(sessions.map(({ id }) => id).concat(ids))
  }`
  expect('sessions', rows.length, sessions.length)
  const [count] = await sql`
    select count(*)::int as n from impersonation_sessions
    where seller_id in ${sql(ids)} and requested_at >= ${at}`
  const passed = sessions.filter(({ endedBy }) => endedBy === 'expired').length
  expect('sessions since', count?.['n'], sessions.length - passed)

  const events = await sql`
    select seller_id, action, actor_kind as kind, actor_super_admin_id as admin,
      impersonation_session_id as session
    from audit_events where seller_id in ${sql(ids)} and at >= ${at}`
  const opened = await sql`
    select actor, count(*)::int as n from decrypt_ledger
    where seller_id in ${sql(ids)} and created_at >= ${at} and actor like 'staff:%' group by actor`
  for (const one of sessions) {
    const row = rows.find(({ id }) => id === one.id)
    const what = `session ${one.id}`
    expect(what, [row?.['admin'], row?.['mode'], row?.['minutes'], row?.['state'], row?.['by']], [
      ...[one.personId, one.mode, one.minutes, one.state, one.endedBy],
    ])
    const of = (action: string) =>
      events.filter((event) => event['action'] === action && event['session'] === one.id).length
    expect(`${what}, told reads`, of('impersonation.read'), one.reads)
    expect(`${what}, told acts`, of('impersonation.acted'), one.acts)
    expect(`${what}, audited writes`, of('desk.noted'), one.acts)
    const actor = `staff:${one.personId}/${one.id}`
    expect(`${what}, openings`, opened.find((two) => two['actor'] === actor)?.['n'] ?? 0, one.opens)
  }
  expect('openings by nobody', opened.length, sessions.filter(({ opens }) => opens > 0).length)

  const known = new Map(sessions.map(({ id, personId }) => [id, personId]))
  for (const { action, kind, admin, session } of events) {
    if (kind !== 'staff' || action === 'seller.suspended' || action === 'seller.resumed') continue
    // a second one of staff decides about the session of the first
    const isTheirs = action === 'impersonation.approved'
      ? known.has(session) && admin !== null
      : session !== null && known.get(session) === admin
    if (!isTheirs) faults.push(`event ${action}: by ${admin} in session ${session}`)
  }
  for (const { seller, writes } of sellers) {
    const [notes] = await sql`
      select count(*)::int as n from outbox
      where seller_id = ${seller.sellerId} and queue = 'desk-notes' and created_at >= ${at}`
    expect(`writes in ${seller.sellerId}`, notes?.['n'], writes)
  }
  const [long] = await sql`
    select count(*)::int as n from impersonation_sessions
    where seller_id in ${sql(ids)} and started_at is not null
      and expires_at > started_at + interval '60 minutes'`
  expect('sessions longer than an hour', long?.['n'], 0)
  return faults
}
