/**
 * Whatever is changed in the name of a person, a key or staff leaves an event in the same
 * transaction: watched by a trigger on every table, while the whole application is in use.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWholeApp, type WholeApp } from '../isolation/whole-app.ts'
import { markedFile } from '../isolation/import-rows.ts'
import { phoneOf } from '../isolation/marks.ts'
import { good, type Party } from '../isolation/parties.ts'
import { freshDatabase } from '../support/database.ts'

let app: WholeApp
beforeAll(async () => {
  const store = await freshDatabase({ maxConnections: 4 })
  await store.asSuperuser((sql) => sql.unsafe(watcher))
  app = await openWholeApp(store, { sellers: 1 })
  await useMore(app.parties[0] ?? fail())
}, 60_000)
afterAll(() => app?.close())

const fail = (): never => {
  throw new Error('unreachable')
}

/** Writes down every statement that changes a table, with its transaction and for whom it is. */
const watcher = `
  create table watched (xid text, relation text, actor text);
  create function watch() returns trigger language plpgsql security definer as $$
  begin
    if exists (select from changed) then
      insert into public.watched values (pg_current_xact_id()::text, tg_table_name,
        coalesce(current_setting('app.actor', true), ''));
    end if;
    return null;
  end $$;
  do $$
  declare t text; v text;
  begin
    for t in select relname from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'watched'
    loop
      foreach v in array array['insert', 'update', 'delete'] loop
        execute format('create trigger watch_%s after %s on %I referencing %s table as changed
          for each statement execute function watch()', v, v, t,
          case v when 'delete' then 'old' else 'new' end);
      end loop;
    end loop;
  end $$;
`

/** What the set-up of the application does not do: changes of all kinds, one after the other. */
const useMore = async ({ ask, people, shops, mark, number }: Party): Promise<void> => {
  const first = async (path: string): Promise<string> => (await good(ask('GET', path))).data[0].id
  const users = await good(ask('GET', '/v1/users'))
  const byRole = (role: string): string =>
    users.data.find((user: { role: string }) => user.role === role).id
  const [one] = (await good(ask('GET', '/v1/marketplace-accounts'))).data
  const account = `/v1/marketplace-accounts/${one.id}`
  const [letter, another] = (await good(ask('GET', '/v1/dead-letters'))).data
  const { data: [open] } = await good(ask('GET', '/v1/manifests?state=OPEN'))
  const [paper] = await app.sql`select id from order_documents order by id limit 1`
  const reason = { reason: 'To see what is written down' }
  const buyer = { phone: phoneOf(number, 7), ...reason }
  const file = `/v1/imports?account=${one.id}&file=one-more.csv`
  // a worker may be done before it is called off
  for (let off = 0; off === 0;) {
    const { id } = await good(ask('POST', file, markedFile(mark)), 202)
    await good(ask('POST', `/v1/imports/${id}/cancel`))
    const found = await app.sql`select from imports where id = ${id} and cancelled_at is not null`
    off = found.length
  }
  const changes: readonly (readonly [string, string, object?])[] = [
    ['PATCH', `/v1/users/${byRole('OPERATOR')}`, { role: 'FINANCE' }],
    ['DELETE', `/v1/users/${byRole('VIEWER')}`],
    ['DELETE', `/v1/api-keys/${await first('/v1/api-keys')}`],
    ['DELETE', `/v1/invitations/${await first('/v1/invitations')}`],
    ['DELETE', `/v1/audit/anchors/${await first('/v1/audit/anchors')}`],
    ['GET', '/v1/audit/export'],
    ['PATCH', account, { paused: true, ...reason }],
    ['PATCH', account, { paused: false, ...reason }],
    ['PATCH', `${account}/schedules/ORDERS`, { cron: '*/20 * * * *' }],
    ['POST', `${account}/backfill`, { target: 'ORDERS', from: '2022-04-01', to: '2022-05-01' }],
    ['PUT', `${account}/credentials`, { credentials: shops[0].credentials }],
    ['POST', `/v1/dead-letters/${letter.id}/redrive`, reason],
    ['POST', `/v1/dead-letters/${another.id}/dismiss`, reason],
    ['POST', `/v1/manifests/${open.id}/close`, {}],
    ['GET', `/v1/documents/${paper?.['id']}`],
    ['POST', '/v1/data-principals/find', buyer],
    ['POST', '/v1/data-principals/export', buyer],
    // of both shops
    ['POST', '/v1/data-principals/erase', { ...buyer, orders: 2 }],
  ]
  for (const [method, path, body] of changes) {
    const { status, text } = await ask(method, path, body)
    if (status > 299) throw new Error(`${method} ${path}: ${status} ${text}`)
  }
  await people.ADMIN.client.ask('POST', '/v1/auth/logout')
}

/**
 * Tables that may change without an event, and why. Changes of the machine itself (work items, runs,
 * the outbox, the platform's sweeps) are judged by the tables that they do touch.
 */
const silent: Readonly<Record<string, string>> = {
  decrypt_ledger: 'is a trail of its own: reading must not wait for the head of a chain',
  idempotency_keys: 'says that a request came; what it did has its event, or it did nothing',
  storage_objects: 'a file on its way, which a sweep takes away; what keeps it has its event',
  seller_keys: 'a key is made at its first use, and counted; nobody decides it',
  sessions: 'opened and ended through the gate, and told in the transaction behind it',
  staff_sessions: 'of staff: told in the trail of the org, in the transaction behind it',
  sign_in_tries: 'counts of refused sign-ins, which belong to no seller',
  limit_windows: 'counts of requests',
  identities: 'of a person, who belongs to no seller; told to each seller behind it',
}

describe('the trail', () => {
  it('has an event in every transaction of a person, a key or staff that changes something', async () => {
    const rows = await app.sql<{ actor: string; relations: string[] }[]>`
      select min(actor) as actor, array_agg(distinct relation order by relation) as relations
      from watched
      group by xid
      having not bool_or(relation in ('audit_events', 'org_audit_events'))`
    const unaudited = rows
      .filter(({ actor }) => /^(?:user|key|staff):/.test(actor))
      .map(({ actor, relations }) => ({
        actor: actor.split(':')[0],
        relations: relations.filter((relation) => !(relation in silent)),
      }))
      .filter(({ relations }) => relations.length > 0)
    expect(unaudited).toEqual([])
  })

  it('is watched as a whole, so that the answer above means something', async () => {
    const [counts] = await app.sql`
      select count(distinct xid)::int as transactions,
        count(distinct relation)::int as relations,
        count(distinct xid) filter (where actor like 'user:%')::int as people,
        count(distinct xid) filter (where actor like 'staff:%')::int as staff
      from watched`
    expect(counts?.['transactions']).toBeGreaterThan(60)
    expect(counts?.['relations']).toBeGreaterThan(25)
    expect(counts?.['people']).toBeGreaterThan(20)
    expect(counts?.['staff']).toBeGreaterThan(3)
    const actions = await app.sql<{ action: string }[]>`
      select distinct action from audit_events order by action`
    expect(actions.map(({ action }) => action)).toEqual(expect.arrayContaining([
      ...['api-key.created', 'api-key.revoked', 'audit.anchor-added', 'audit.anchor-removed'],
      ...['audit.exported', 'customer.revealed', 'impersonation.started', 'orders.synced'],
      ...['marketplace-account.connected', 'override.added', 'run.requested', 'session.opened'],
      ...['user.invited', 'user.invitation-revoked', 'user.removed', 'user.role-changed'],
      ...['marketplace-account.paused', 'marketplace-account.resumed', 'schedule.changed'],
      ...['marketplace-account.credentials-replaced', 'dead-letter.redriven', 'document.read'],
      ...['dead-letter.dismissed', 'import.requested', 'import.cancelled', 'listing.mapped'],
      ...['manifest.close-requested', 'processing.requested', 'seller.registered'],
      ...['stock.changed', 'stock.reserves-changed'],
    ]))
  })

  it('would show a change without an event', async () => {
    const [party] = app.parties
    await app.sql.begin(async (sql) => {
      await sql`select set_config('app.actor', 'user:somebody', true)`
      await sql`update sellers set name = name where id = ${party?.sellerId ?? ''}`
    })
    const rows = await app.sql`
      select relation from watched where actor = 'user:somebody'`
    expect(rows.map(({ relation }) => relation)).toEqual(['sellers'])
  })
})
