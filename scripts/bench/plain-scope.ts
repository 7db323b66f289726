/** The scope without its signature, on the same table: what the signature costs, and the session check. */
import { randomBytes } from 'node:crypto'
import type { Entry, Queries } from '#core/db/database.ts'
import { openPool } from '#core/db/pool.ts'
import { oneByOne, settingsOf } from '#core/db/scope.ts'
import type { LabDatabase } from './lab.ts'

export interface PlainScope {
  /** Of the login whose next role is `bench_plain_tenant`. */
  readonly url: string
  /** Settings that any statement could write; the session is looked up. */
  readonly checked: (entry: Entry) => Queries
  /** Neither signed nor looked up. */
  readonly unchecked: (entry: Entry) => Queries
  readonly close: () => Promise<void>
}

/**
 * A role of its own with its own policy, so that both scopes read the same rows by the same plan. Its
 * functions are those of the house without proof and mark.
 */
export const openPlainScope = async (
  { urls, asSuperuser }: LabDatabase,
  connections: number,
): Promise<PlainScope> => {
  const password = randomBytes(16).toString('hex')
  await asSuperuser(async (sql) => {
    const [found] = await sql`select from pg_roles where rolname = 'bench_plain'`
    if (!found) await sql.unsafe(makeRoles)
    // the password has hex digits only
    await sql.unsafe(`alter role bench_plain password '${password}'; ${makeScope}`)
  })
  const url = new URL(urls.app)
  url.username = 'bench_plain'
  url.password = password
  const pool = await openPool({ ...settingsOf({ maxConnections: connections }), url: url.href })
  const scope = (door: string) => ({ kind, ref, sellerId }: Entry): Queries => {
    const sql = `select ${door}($1, $2, $3, $4), set_config('role', 'bench_plain_tenant', true)`
    return oneByOne(pool, () => {
      const expires = new Date(Date.now() + 60_000)
      return [{ sql, values: [kind, ref, sellerId, expires] }]
    })
  }
  return {
    url: url.href,
    checked: scope('plain_enter'),
    unchecked: scope('plain_enter_unchecked'),
    close: () => pool.slonik.end(),
  }
}

const makeRoles = `
  create role bench_plain login noinherit;
  create role bench_plain_tenant noinherit;
  grant bench_plain_tenant to bench_plain with inherit false, set true;
`
const makeScope = `
  create function plain_seller_id() returns uuid
  language plpgsql stable parallel safe
  as $$
  declare
    seller uuid := nullif(current_setting('app.plain_seller_id', true), '')::uuid;
  begin
    if seller is null then
      raise exception 'no seller scope is open' using errcode = '42501';
    end if;
    return seller;
  end
  $$;

  create function plain_enter_unchecked(
    p_kind text, p_ref text, p_seller uuid, p_expires timestamptz
  ) returns void
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  as $$
  begin
    if p_expires <= clock_timestamp() then
      raise exception 'the entry has expired' using errcode = 'RB001';
    end if;
    perform set_config('app.plain_seller_id', p_seller::text, true),
      set_config('app.plain_actor', p_ref, true);
  end
  $$;

  create function plain_enter(
    p_kind text, p_ref text, p_seller uuid, p_expires timestamptz
  ) returns void
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  as $$
  declare
    v_actor text;
    v_version text;
  begin
    if p_expires <= clock_timestamp() then
      raise exception 'the entry has expired' using errcode = 'RB001';
    end if;
    if p_kind = 'session' then
      select 'user:' || x.user_id, x.user_authz || '.' || x.seller_authz into v_actor, v_version
        from public.sessions x
        where x.seller_id = p_seller and x.id = split_part(p_ref, '/', 1)::uuid
          and x.revoked_at is null and x.expires_at > clock_timestamp();
      if not found then
        raise exception 'the session is over' using errcode = 'RB001';
      end if;
    else
      raise exception 'unknown kind of entry' using errcode = 'RB001';
    end if;
    if v_version <> split_part(p_ref, '/', 2) then
      raise exception 'what was signed in has changed' using errcode = 'RB002';
    end if;
    perform set_config('app.plain_seller_id', p_seller::text, true),
      set_config('app.plain_actor', v_actor, true);
  end
  $$;
  -- who reads sessions, as the door of the house does
  alter function plain_enter(text, text, uuid, timestamptz) owner to robnu_gate;

  create policy bench_plain on orders to bench_plain_tenant
    using (seller_id = (select plain_seller_id()));
  grant select on orders to bench_plain_tenant;
  revoke all on function plain_seller_id(), plain_enter(text, text, uuid, timestamptz),
    plain_enter_unchecked(text, text, uuid, timestamptz) from public;
  grant execute on function plain_seller_id(), plain_enter(text, text, uuid, timestamptz),
    plain_enter_unchecked(text, text, uuid, timestamptz) to bench_plain, bench_plain_tenant;
`
