/** The guards of the door into a scope, and of what is inside. */
import { type Guard, guardsOf } from './guard.ts'

const door = [
  'tests/isolation/door.test.ts',
  'tests/isolation/forging.test.ts',
  'tests/isolation/scope.test.ts',
  'tests/isolation/gates.test.ts',
]
const support = ['tests/tenancy/impersonation-database.test.ts', 'tests/isolation/door.test.ts']
const keys = ['tests/auth/api-keys.test.ts', 'tests/isolation/door.test.ts']
const file = 'migrations/0018_signed_scope.sql'

export const databaseGuards: readonly Guard[] = [
  ...guardsOf(file, door, [
    [
      'door: the entry is signed',
      'if public.scope_proof_holds(p_kind, p_ref, p_seller, p_expires, p_proof) is not true then',
      'if false then',
    ],
    [
      'proof: it is for one backend',
      'k.inner_block || int4send(pg_backend_pid()) || timestamptz_send(p_expires)',
      'k.inner_block || timestamptz_send(p_expires)',
    ],
    ['door: an entry expires', 'if p_expires <= clock_timestamp() then', 'if false then'],
    [
      'door: a session that was ended is over',
      'and x.revoked_at is null and x.expires_at > clock_timestamp();\n      if not found',
      'and x.expires_at > clock_timestamp();\n      if not found',
    ],
    [
      'door: a session runs out',
      'and x.revoked_at is null and x.expires_at > clock_timestamp();\n      if not found',
      'and x.revoked_at is null;\n      if not found',
    ],
    [
      'door: work that is not running is not leased',
      "and w.id = v_id and w.state = 'RUNNING'",
      'and w.id = v_id',
    ],
    [
      'door: the lease is the caller’s',
      'and w.lease = v_tail::uuid and w.lease_until',
      'and w.lease_until',
    ],
    [
      'door: a lease runs out',
      'v_tail::uuid and w.lease_until > clock_timestamp();',
      'v_tail::uuid;',
    ],
    ['door: what has changed is told', 'if v_version <> v_tail then', 'if false then'],
    [
      'scope: its mark is looked at',
      "      is not true then\n    raise exception 'no seller scope is open'",
      "      is null and v_seller is null then\n    raise exception 'no seller scope is open'",
    ],
    [
      'scope: a mark is of one transaction',
      'int4send(pg_backend_pid()) || timestamptz_send(now())',
      'int4send(pg_backend_pid())',
    ],
    [
      'scope: a mark is of one actor',
      "p_mode || length(p_seller) || ':' || p_seller || p_actor",
      "p_mode || length(p_seller) || ':' || p_seller",
    ],
    [
      'scope: a mark is of one seller',
      "p_mode || length(p_seller) || ':' || p_seller || p_actor",
      'p_mode || p_actor',
    ],
    [
      'gates: closed inside of a scope',
      "replace(p_callers, 'robnu_app', 'robnu_door')",
      'p_callers',
    ],
    [
      'audit: an event is of the open scope',
      "if not public.app_is_admin_scope() and p_seller <> public.app_current_seller_id() then\n    raise exception 'an audit",
      "if false then\n    raise exception 'an audit",
    ],
  ]),
  ...guardsOf(file, keys, [
    [
      'door: a revoked key is over',
      'and k.revoked_at is null and (k.expires_at',
      'and (k.expires_at',
    ],
    [
      'door: a key runs out',
      'and k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp());',
      'and k.revoked_at is null;',
    ],
  ]),
  ...guardsOf(file, support, [
    [
      'door: an impersonation is live',
      "and i.id = v_id and i.state = 'LIVE'\n          and i.ended_at is null and",
      'and i.id = v_id\n          and',
    ],
    [
      'door: an impersonation runs out',
      'and i.ended_at is null and i.expires_at > clock_timestamp();',
      'and i.ended_at is null;',
    ],
    [
      'door: staff who left are out',
      'on a.id = i.super_admin_id and a.removed_at is null',
      'on a.id = i.super_admin_id',
    ],
    [
      'door: staff who signed out are out',
      'and t.revoked_at is null and t.expires_at',
      'and t.expires_at',
    ],
    [
      'scope: what is read-only writes nothing',
      "if current_setting('app.scope') like 'r%' then",
      'if false then',
    ],
    [
      'scope: what is read-only deletes nothing',
      "'using (%I = (select app_writable_seller_id()))', t, k);\n  end loop",
      "'using (%I = (select app_current_seller_id()))', t, k);\n  end loop",
    ],
  ]),
]
