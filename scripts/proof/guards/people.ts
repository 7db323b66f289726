/** The guards of sign-in, members, keys and overrides. */
import { type Guard, guardsOf } from './guard.ts'

const signIn = ['tests/auth', 'tests/http/refresh-races.test.ts']
const keys = ['tests/auth/api-key-ends.test.ts']
const tenancy = ['tests/tenancy']

export const personGuards: readonly Guard[] = [
  ...guardsOf('migrations/0017_sign_in_gates.sql', signIn, [
    [
      'sign-in: a second factor is asked for',
      'and (i.totp_enabled_at is null or p_second_factor)',
      '',
    ],
    [
      'refresh: only the newest token',
      'elsif p_generation = v_session.refresh_generation and p_hash = v_session.refresh_hash then',
      'elsif p_generation <= v_session.refresh_generation then',
    ],
    [
      'refresh: one that is raced is young',
      'and p_now < v_session.refreshed_at + p_grace',
      '',
    ],
    [
      'refresh: 90 days are 90 days',
      'v_expires := least(p_now + p_idle, v_session.absolute_expires_at);\n    update',
      'v_expires := p_now + p_idle;\n    update',
    ],
    [
      'switch: only to sellers of the person',
      'where u.seller_id = p_to and u.identity_id = v_old.identity_id and u.removed_at is null;',
      'where u.seller_id = p_to and u.removed_at is null limit 1;',
    ],
  ]),
  ...guardsOf('migrations/0013_api_keys.sql', keys, [
    [
      'keys: a revoked key is none',
      'where k.prefix = p_prefix and k.revoked_at is null',
      'where k.prefix = p_prefix',
    ],
    [
      'keys: what changes a key moves its number',
      'for each row\n  when (new.scopes',
      'for each row\n  when (false and new.scopes',
    ],
  ]),
  ...guardsOf('migrations/0014_overrides.sql', ['tests/http/overrides.test.ts'], [
    [
      'overrides: a change moves the number of the person',
      'set authz_version = u.authz_version + 1',
      'set authz_version = u.authz_version',
    ],
  ]),
  ...guardsOf('migrations/0019_members_gates.sql', tenancy, [
    ['members: OWNERs alone', "if u.role <> 'OWNER' then", 'if false then'],
    [
      'members: those who decide wait for each other',
      'perform pg_advisory_xact_lock(hashtextextended(v_seller::text, 19));',
      '',
    ],
  ]),
]
