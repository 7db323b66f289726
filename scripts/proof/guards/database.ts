/** The guards of the door into a scope, and of what is inside. */
import { type Guard, guardsOf } from './guard.ts'

const door = [
  'tests/isolation/door.test.ts',
  'tests/isolation/forging.test.ts',
  'tests/isolation/scope.test.ts',
  'tests/isolation/gates.test.ts',
  'tests/isolation/entries.test.ts',
  'tests/isolation/signed.test.ts',
]
const support = ['tests/tenancy', 'tests/isolation/entries.test.ts']
const keys = ['tests/auth/api-key-ends.test.ts', 'tests/isolation/entries.test.ts']
const file = 'migrations/0018_signed_scope.sql'
const proof = 'where p_proof = public.scope_hmac(k.inner_block, k.outer_block,'
const entry = 'public.scope_entry(p_kind, p_ref, p_seller, p_expires))'

export const databaseGuards: readonly Guard[] = [
  ...guardsOf(file, door, [
    [
      'door: the entry is signed',
      `${proof}\n          ${entry}\n        and p_expires`,
      'where p_expires',
    ],
    [
      'door: the entry is signed, when it is looked at again',
      `${proof}\n      ${entry};`,
      'limit 1;',
    ],
    ['door: an entry expires', 'and p_expires > current_timestamp', ''],
    [
      'door: an entry expires, when it is looked at again',
      'if p_expires is null or p_expires <= clock_timestamp() then',
      'if false then',
    ],
    [
      'door: a session that was ended lets nobody in',
      'and x.entry_ref = p_ref and x.revoked_at is null and',
      'and x.entry_ref = p_ref and',
    ],
    [
      'door: a session that ran out lets nobody in',
      'x.revoked_at is null and x.expires_at > current_timestamp;',
      'x.revoked_at is null;',
    ],
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
      'door: what has changed lets nobody in',
      'and x.entry_ref = p_ref and x.revoked_at',
      'and x.revoked_at',
    ],
    ['door: what has changed is told', 'if v_version <> v_tail then', 'if false then'],
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
    [
      'scope: its mark is looked at',
      '  if not found then\n    perform public.scope_is_reading();',
      '  if false then\n    perform public.scope_is_reading();',
    ],
    [
      'scope: a mark is of one transaction',
      'pg_backend_pid(), extract(epoch from current_timestamp), p_seller,',
      'pg_backend_pid(), p_seller,',
    ],
    ['scope: a mark is of one actor', 'p_seller,\n  p_actor);', 'p_seller);'],
    [
      'scope: a mark is of one seller',
      'extract(epoch from current_timestamp), p_seller,',
      'extract(epoch from current_timestamp),',
    ],
    [
      'gates: closed inside of a scope',
      "replace(p_callers, 'robnu_app', 'robnu_door')",
      'p_callers',
    ],
    [
      'audit: an event is of the open scope',
      'if not public.app_is_admin_scope() and p_seller <> public.app_current_seller_id() then\n' +
      "    raise exception 'an audit",
      "if false then\n    raise exception 'an audit",
    ],
  ]),
  ...guardsOf(file, keys, [
    [
      'door: a revoked key is over',
      'and x.revoked_at is null and (x.expires_at is null',
      'and (x.expires_at is null',
    ],
    [
      'door: a key runs out',
      'and x.revoked_at is null and (x.expires_at is null or x.expires_at > clock_timestamp());',
      'and x.revoked_at is null;',
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
      'if public.scope_is_reading() then',
      'if false then',
    ],
    [
      'scope: what is read-only deletes nothing',
      "'using (%I = (select app_writable_seller_id()))', t, k);\n  end loop",
      "'using (%I = (select app_current_seller_id()))', t, k);\n  end loop",
    ],
  ]),
]
