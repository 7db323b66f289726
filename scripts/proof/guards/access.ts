/** Guards of API keys, overrides, limits to some accounts, and buyers in clear. */
import { type Guard, guardsOf } from './guard.ts'

const made = 'tests/auth/api-keys.test.ts'
const ended = 'tests/auth/api-key-ends.test.ts'
const forged = 'tests/auth/api-key-forgeries.test.ts'
const overrides = 'tests/http/overrides.test.ts'
const refusals = 'tests/http/override-refusals.test.ts'
const explained = 'tests/http/permissions.test.ts'
const limits = 'tests/http/account-limits.test.ts'
const revealed = 'tests/http/reveal.test.ts'

export const accessGuards: readonly Guard[] = [
  ...guardsOf('core/rbac/decide.ts', ['tests/rbac/decide.test.ts'], [
    ['overrides: decided, expire', '(one.expiresAt === null || one.expiresAt > now)', 'true'],
    ['overrides: decided, are of one permission', 'one.permission === permission &&', ''],
    ['overrides: decided, give what is grantable', 'row?.grantable === true ?', 'true ?'],
    ['overrides: decided, take what is deniable', 'row?.deniable === true ?', 'true ?'],
    ['overrides: decided, beside the roles', 'row?.roles.includes(role) ?? false', 'true'],
    ['overrides: decided, take accounts', 'if (except.length > 0) return', 'if (false) return'],
    ['overrides: decided, take granted accounts', '!except.includes(account)', 'true'],
    ['overrides: decided, give single accounts', '{ only, except: [] }', 'null'],
  ]),
  ...guardsOf('core/auth/api-keys.ts', [ended, forged], [
    ['keys: the hash is compared', 'timingSafeEqual(secret_hash, hash)', 'true'],
    ['keys: an end is an end', 'key.expiresAt !== null && key.expiresAt <= now()', 'false'],
    [
      'keys: from its addresses alone',
      'key.allowedIps !== null && !isWithin',
      'false && !isWithin',
    ],
    ['keys: what is asked anew is asked', 'fresh ? undefined : known.get(name)', 'known.get(name)'],
    ['keys: a use is noted once a minute', '< noteEveryMs) return', '< 0) return'],
    [
      'keys: no request fails with the note',
      ".catch((error: unknown) => log.warn('api-key.use-not-noted', { keyId: key.keyId, error }))",
      '',
    ],
  ]),
  ...guardsOf('core/auth/api-key-form.ts', [forged], [
    ['keys: the form is asked first', '/^rk_([0-9A-Za-z]{12})_[\\w-]{43}$/', '/^rk_(.*?)_/'],
  ]),
  ...guardsOf('core/auth/ip-ranges.ts', ['tests/auth/ip-ranges.test.ts'], [
    ['addresses: one spelling', '|| spelled(address) !== ip', ''],
    ['addresses: no bits behind the prefix', 'masked(address, prefix) !== address.value', 'false'],
    ['addresses: prefixes without zeros', '!/^(?:0|[1-9]\\d{0,2})$/.test(bits)', 'false'],
    ['addresses: two families', 'range.bits === address.bits', 'true'],
    ['addresses: mapped IPv4 is IPv4', 'return isMapped', 'return false'],
  ]),
  ...guardsOf('core/auth/key-desk.ts', [made, ended], [
    ['keys: an end in the future', 'ask.expiresAt !== null && ask.expiresAt <= now()', 'false'],
    ['keys: rotating gives no more than one has', '!old.scopes.every(may)', 'false'],
    ['keys: one successor', 'old.rotated_to !== null', 'false'],
    ['keys: rotating gives no longer life', 'expires_at?.getTime() ?? Infinity', 'Infinity'],
    ['keys: who is not there cannot be revoked', '!await rows.revokeKey(scope, id)', 'false'],
  ]),
  ...guardsOf('core/auth/api-key-rows.ts', [made, ended], [
    ['keys: a hundred', 'if (count === 0) throw', 'if (false) throw'],
    ['keys: ten at once wait for each other', '\n    for update`)', '`)'],
  ]),
  ...guardsOf('core/http/routes/api-keys.ts', [made], [
    ['keys: no more than the maker has', 'if (errors.length > 0) throw', 'if (false) throw'],
    ['keys: what is for keys', ', ({ keys }) => keys)', ')'],
    [
      'keys: made by a fresh proof',
      "stepUp: true,\n    tag,\n    summary: 'Make an",
      "tag,\n    summary: 'Make an",
    ],
    [
      'keys: rotated by a fresh proof',
      "stepUp: true,\n    tag,\n    summary: 'Make a key",
      "tag,\n    summary: 'Make a key",
    ],
  ]),
  ...guardsOf('core/http/session.ts', [made, ended], [
    [
      'session: a key that is over is no key',
      "principal.kind === 'key' && hasCode(error, 'session-over')",
      'false',
    ],
  ]),
  ...guardsOf('core/http/actor.ts', [made, ended], [
    [
      'actor: a key is asked for anew',
      'key(doors, secret, clientIp, true)',
      'key(doors, secret, clientIp)',
    ],
  ]),
  ...guardsOf('core/rbac/override-desk.ts', [overrides, refusals], [
    [
      'overrides: none for oneself',
      "if (userId === by) throw fault('not-on-oneself')\n    refuseOdd",
      'refuseOdd',
    ],
    [
      'overrides: none taken from oneself',
      "if (userId === by) throw fault('not-on-oneself')\n    await db",
      'await db',
    ],
    ['overrides: what is grantable', "effect === 'GRANT' && row?.grantable !== true", 'false'],
    ['overrides: what is deniable', "effect === 'DENY' && row?.deniable !== true", 'false'],
    [
      'overrides: an account where one counts',
      'accountId !== undefined && row?.byAccount',
      'false && row?.byAccount',
    ],
    ['overrides: an end in the future', 'expiresAt !== undefined && expiresAt <= now', 'false'],
    ['overrides: for who is there', '!await rows.isThere(scope, userId)) throw', 'false) throw'],
  ]),
  ...guardsOf('core/rbac/override-rows.ts', [overrides, refusals], [
    ['overrides: a hundred', 'if (count === 0) throw', 'if (false) throw'],
    [
      'overrides: under the person whose it is',
      'and user_id = ${userId} and id = ${id}\n    returning',
      'and id = ${id}\n    returning',
    ],
  ]),
  ...guardsOf('core/rbac/overrides.ts', [overrides], [
    ['overrides: kept by version', '/${person.authzVersion}`', '`'],
    ['overrides: kept by person', '/${person.userId}/', '/'],
  ]),
  ...guardsOf('migrations/0014_overrides.sql', [overrides, refusals], [
    [
      'overrides: the database says so as well',
      '  constraint permission_overrides__not_oneself check (user_id <> created_by_user_id),\n',
      '',
    ],
  ]),
  ...guardsOf('core/http/routes/permissions.ts', [explained, refusals], [
    [
      'explain: others for who sees them',
      "if (id !== ownId && !may('users:read')) throw",
      'if (false) throw',
    ],
    ['explain: of an account that is there', 'accountId !== undefined && await', 'false && await'],
  ]),
  ...guardsOf('core/ledger/account-limit.ts', [limits, revealed], [
    ['limits: what is denied stays away', '...limit?.except.length\n', '...false\n'],
    ['limits: one row as well', 'id = ${id}`, ...limited)', 'id = ${id}`)'],
    ['limits: of each account its own', ', ...withinLimit(limit, sql.fragment`a.id`)', ''],
  ]),
  ...guardsOf('core/ledger/read-orders.ts', [limits], [
    [
      'limits: orders of a named account',
      'from orders ${where(...limited)}',
      'from orders ${where()}',
    ],
  ]),
  ...guardsOf('core/ledger/runs.ts', [limits], [
    ['limits: runs of a named account', '...account, ...limited', '...account'],
    ['limits: one run', 'app_current_seller_id()`, ...limited', 'app_current_seller_id()`'],
  ]),
  ...guardsOf('core/ledger/accounts.ts', [limits], [
    ['limits: accounts', '...withinLimit(accounts, sql.fragment`a.id`),', ''],
    ['limits: syncs', '|| !within(ask.accounts ?? null, accountId)', ''],
  ]),
  ...guardsOf('core/http/routes/orders.ts', [limits, revealed], [
    ['limits: buyers by account', "isShown.get(account) ?? may('customers:read', account)", 'true'],
    ['masks: for all whom the table says', "if (may('customers:read')) return", 'if (true) return'],
  ]),
  ...guardsOf('core/ledger/reveal.ts', [revealed], [
    ['reveal: sixty an hour', 'if (!isAllowed) throw', 'if (false) throw'],
    ['reveal: of one’s accounts', 'orderId, accounts)', 'orderId, null)'],
    ['reveal: written down with its reason', '        reason,\n        rows', '        rows'],
  ]),
  ...guardsOf('core/http/routes/reveal.ts', [revealed, 'tests/http/matrix.test.ts'], [
    ['reveal: by permission', "permission: 'customers:reveal'", "permission: 'orders:read'"],
  ]),
]
