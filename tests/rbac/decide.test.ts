/** Decisions as a table, and against a model that knows nothing of how they are made. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasCode } from '../../core/errors.ts'
import { decide, type Override, type Subject, within } from '../../core/rbac/decide.ts'
import { explain } from '../../core/rbac/explain.ts'
import { requirePermission } from '../../core/rbac/guard.ts'
import { createPermissions, roles } from '../../core/rbac/permissions.ts'

const now = new Date('2026-02-01T00:00:00Z')
const later = (ms: number): Date => new Date(now.getTime() + ms)
const table = createPermissions([{ id: 'claims', permissions: { 'claims:resolve': ['FINANCE'] } }])
const [a, b, c] = ['account-a', 'account-b', 'account-c']

type Line = readonly [effect: 'GRANT' | 'DENY', account?: string, expiresAt?: Date]
const overridesOf = (permission: string, lines: readonly Line[]): readonly Override[] =>
  lines.map(([effect, accountId = null, expiresAt = null], at) => ({
    ...{ id: `override-${at}`, permission, effect },
    ...{ accountId: accountId === '' ? null : accountId, expiresAt },
  }))
/** `yes`, `no`, `only a,b` or `all but a`. */
const outcomeOf = (subject: Subject, permission: string, at = now): string => {
  const decision = decide(table, subject, permission, at)
  if (!decision.allowed) return 'no'
  const { limit } = decision
  if (limit === null) return 'yes'
  const names = (ids: readonly string[]) => ids.map((id) => id.at(-1)).toSorted().join()
  return limit.only === null ? `all but ${names(limit.except)}` : `only ${names(limit.only)}`
}
const user = (role: typeof roles[number], overrides: readonly Override[] = []): Subject => ({
  kind: 'user',
  role,
  overrides,
})

describe('a decision', () => {
  const [grant, deny] = ['GRANT', 'DENY'] as const
  const past = later(-1)
  const cases: readonly [
    string,
    Subject['kind'] | typeof roles[number],
    readonly Line[],
    string,
  ][] = [
    // role alone
    ['customers:read', 'OPERATOR', [], 'yes'],
    ['customers:read', 'VIEWER', [], 'no'],
    // whole overrides
    ['customers:read', 'VIEWER', [[grant]], 'yes'],
    ['customers:read', 'OPERATOR', [[deny]], 'no'],
    ['customers:read', 'OPERATOR', [[grant], [deny]], 'no'],
    ['customers:read', 'VIEWER', [[deny], [grant]], 'no'],
    ['customers:read', 'OWNER', [[deny]], 'no'],
    // by account
    ['customers:read', 'VIEWER', [[grant, a]], 'only a'],
    ['customers:read', 'VIEWER', [[grant, a], [grant, b]], 'only a,b'],
    ['customers:read', 'VIEWER', [[grant, a], [grant]], 'yes'],
    ['customers:read', 'VIEWER', [[grant], [deny, a]], 'all but a'],
    ['customers:read', 'VIEWER', [[grant, a], [deny, a]], 'no'],
    ['customers:read', 'VIEWER', [[grant, a], [grant, b], [deny, a]], 'only b'],
    ['customers:read', 'VIEWER', [[grant, a], [deny]], 'no'],
    ['customers:read', 'VIEWER', [[deny, a]], 'no'],
    ['customers:read', 'OPERATOR', [[deny, a], [deny, b]], 'all but a,b'],
    ['customers:read', 'OPERATOR', [[deny, a], [grant, a]], 'all but a'],
    ['customers:read', 'OPERATOR', [[grant, a]], 'yes'],
    // the clock: at its end an override is over
    ['customers:read', 'VIEWER', [[grant, '', later(1)]], 'yes'],
    ['customers:read', 'VIEWER', [[grant, '', now]], 'no'],
    ['customers:read', 'OPERATOR', [[deny, '', past]], 'yes'],
    ['customers:read', 'OPERATOR', [[deny, '', later(1)]], 'no'],
    ['customers:read', 'OPERATOR', [[deny, a, past], [deny, b]], 'all but b'],
    // what overrides cannot give, and what they cannot take
    ['users:manage', 'ADMIN', [[grant]], 'no'],
    ['seller:transfer', 'ADMIN', [[grant]], 'no'],
    ['api-keys:manage', 'VIEWER', [[grant]], 'no'],
    ['users:manage', 'OWNER', [[deny]], 'yes'],
    ['profile:write', 'VIEWER', [[deny]], 'yes'],
    ['users:leave', 'VIEWER', [[deny, a]], 'yes'],
    ['api-keys:manage', 'ADMIN', [[deny]], 'no'],
    // plugins
    ['claims:resolve', 'FINANCE', [], 'yes'],
    ['claims:resolve', 'OWNER', [], 'no'],
    ['claims:resolve', 'VIEWER', [[grant]], 'yes'],
    // unknown
    ['orders:erase', 'OWNER', [[grant]], 'no'],
    ['', 'OWNER', [[grant]], 'no'],
    ['__proto__', 'OWNER', [[grant]], 'no'],
  ]
  it.each(cases)('on %s for %s with %j is %s', (permission, role, lines, expected) => {
    const overrides = overridesOf(permission, lines)
    expect(outcomeOf(user(role as typeof roles[number], overrides), permission)).toBe(expected)
  })

  it('on one permission is not moved by overrides of another', () => {
    const others = overridesOf('orders:read', [['DENY'], ['GRANT', a]])
    expect(outcomeOf(user('OPERATOR', others), 'customers:read')).toBe('yes')
    expect(outcomeOf(user('VIEWER', others), 'customers:read')).toBe('no')
  })

  it('for a key is its scope, as far as keys may have it', () => {
    const key = (...scopes: string[]): Subject => ({ kind: 'key', scopes })
    const code = (subject: Subject, permission: string) => {
      const decision = decide(table, subject, permission, now)
      return decision.allowed ? 'yes' : decision.code
    }
    expect(code(key('orders:read'), 'orders:read')).toBe('yes')
    expect(code(key('orders:read'), 'runs:read')).toBe('out-of-scope')
    expect(code(key(), 'orders:read')).toBe('out-of-scope')
    expect(code(key('orders:*', '*', 'orders'), 'orders:read')).toBe('out-of-scope')
    // whatever stands in its row: a key never makes keys, rules people or unmasks
    for (
      const permission of ['api-keys:manage', 'api-keys:read', 'users:manage', 'customers:reveal']
    ) {
      expect(code(key(permission), permission)).toBe('not-for-keys')
    }
    expect(code(key('orders:erase'), 'orders:erase')).toBe('forbidden')
  })

  it('for staff is what the table leaves to staff', () => {
    const of = (permission: string) => decide(table, { kind: 'impersonator' }, permission, now)
    expect(of('orders:read')).toMatchObject({ allowed: true, limit: null })
    expect(of('customers:read')).toMatchObject({ allowed: false, code: 'not-for-staff' })
    expect(of('users:manage')).toMatchObject({ allowed: false, code: 'not-for-staff' })
    expect(of('orders:erase')).toMatchObject({ allowed: false, code: 'forbidden' })
  })
})

/** For one account: the whole of what a person would say, without sets and limits. */
const model = (
  { role, overrides }: Extract<Subject, { kind: 'user' }>,
  permission: string,
  account: string,
  at: Date,
): boolean => {
  const row = table.get(permission)
  if (!row) return false
  let isGranted = row.roles.includes(role)
  let isDenied = false
  for (const one of overrides) {
    if (one.permission !== permission) continue
    if (one.expiresAt && one.expiresAt.getTime() <= at.getTime()) continue
    if (one.accountId && one.accountId !== account) continue
    if (one.effect === 'GRANT' && row.grantable) isGranted = true
    if (one.effect === 'DENY' && row.deniable) isDenied = true
  }
  return isGranted && !isDenied
}

const permissionNames = [...table.keys(), 'orders:erase']
const subjects = fc.record({
  permission: fc.constantFrom(...permissionNames),
  role: fc.constantFrom(...roles),
  overrides: fc.array(
    fc.record({
      // mostly of the permission that is asked about
      isOther: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
      other: fc.constantFrom(...permissionNames),
      effect: fc.constantFrom('GRANT' as const, 'DENY' as const),
      accountId: fc.constantFrom(null, a, b),
      expiresAt: fc.constantFrom(null, ...[-1, 0, 1, 5, 60_000].map(later)),
    }),
    { maxLength: 6 },
  ),
}).map(({ permission, role, overrides }) => ({
  permission,
  subject: {
    kind: 'user' as const,
    role,
    overrides: overrides.map(({ isOther, other, ...one }, at): Override => ({
      ...one,
      id: `override-${at}`,
      permission: isOther ? other : permission,
    })),
  },
}))
const accounts = [a, b, c]
const seed = Number(Date.now().toString().slice(-9))
const runs = 4_000

describe(`over ${runs} cases, seed ${seed},`, () => {
  const holds = (check: (one: { permission: string; subject: typeof example }) => void): void =>
    fc.assert(fc.property(subjects, check), { seed, numRuns: runs })
  const example = fc.sample(subjects, { seed, numRuns: 1 })[0]?.subject ?? fail()

  it('the decision is that of the model, account by account', () => {
    const seen = new Map<string, number>()
    holds(({ permission, subject }) => {
      const decision = decide(table, subject, permission, now)
      for (const account of accounts) {
        const allowed = decision.allowed && within(decision.limit, account)
        expect(allowed).toBe(model(subject, permission, account, now))
      }
      const kind = !decision.allowed ? 'no' : decision.limit === null ? 'yes' : 'limited'
      seen.set(kind, (seen.get(kind) ?? 0) + 1)
      // a whole yes says nothing of an account: c stands for all that no override names
      if (decision.allowed && decision.limit === null) {
        expect(model(subject, permission, c, now)).toBe(true)
      }
    })
    // a test that only ever sees one answer proves nothing
    for (const kind of ['no', 'yes', 'limited']) expect(seen.get(kind), kind).toBeGreaterThan(50)
  })

  it('the guard lets pass exactly what is allowed, and limits only handlers that heed limits', () => {
    holds(({ permission, subject }) => {
      const judged = { subject, sellerStatus: 'ACTIVE', readOnly: false } as const
      const ask = { permission, writes: true, evenSuspended: false }
      const decision = decide(table, subject, permission, now)
      const passes = (limitsAccounts: boolean) => {
        try {
          return { limit: requirePermission(table, judged, { ...ask, limitsAccounts }, now) }
        } catch (error) {
          expect(hasCode(error, 'forbidden')).toBe(true)
          return null
        }
      }
      expect(passes(true)).toEqual(decision.allowed ? { limit: decision.limit } : null)
      const isWhole = decision.allowed && decision.limit === null
      expect(passes(false)).toEqual(isWhole ? { limit: null } : null)
    })
  })

  it('the explanation agrees with the guard, names rows that matter, and holds until it says', () => {
    holds(({ permission, subject }) => {
      for (const accountId of [undefined, ...accounts]) {
        const asked = { permission, ...(accountId === undefined ? {} : { accountId }) }
        const told = explain(table, subject, asked, now)
        const allowedAt = (at: Date, overrides = subject.overrides): string => {
          const decision = decide(table, { ...subject, overrides }, permission, at)
          if (accountId !== undefined) {
            return String(decision.allowed && within(decision.limit, accountId))
          }
          // the order of accounts in a limit says nothing
          return JSON.stringify(
            decision.allowed && {
              only: decision.limit?.only?.toSorted(),
              except: decision.limit?.except.toSorted(),
            },
          )
        }
        const decision = decide(table, subject, permission, now)
        if (accountId === undefined) {
          expect(told.allowed).toBe(decision.allowed)
          expect(told.limit).toEqual(decision.allowed ? decision.limit : null)
        } else {
          expect(told.allowed).toBe(decision.allowed && within(decision.limit, accountId))
          expect(told.limit).toBe(null)
        }
        // the rows that it names decide alone: without the others nothing changes
        expect(allowedAt(now, [...told.overrides])).toBe(allowedAt(now))
        if (told.by === 'override') expect(told.overrides.length).toBeGreaterThan(0)
        for (const one of told.overrides) {
          expect(one.permission).toBe(permission)
          expect(one.expiresAt === null || one.expiresAt > now).toBe(true)
        }
        // nothing changes before `until`, and something does then
        const ends = subject.overrides.flatMap(({ expiresAt }) => expiresAt ?? [])
          .filter((end) => end > now)
        for (const end of ends) {
          if (told.until === null || end < told.until) expect(allowedAt(end)).toBe(allowedAt(now))
        }
        if (told.until !== null) expect(allowedAt(told.until)).not.toBe(allowedAt(now))
      }
    })
  })
})

it('an explanation says role, scope or impersonation where no override spoke', () => {
  const of = (subject: Subject, permission: string) => {
    const { by, role, overrides } = explain(table, subject, { permission }, now)
    return [by, role, overrides.length]
  }
  expect(of(user('OWNER'), 'orders:read')).toEqual(['role', 'OWNER', 0])
  expect(of(user('VIEWER'), 'users:read')).toEqual(['role', 'VIEWER', 0])
  expect(of({ kind: 'key', scopes: [] }, 'orders:read')).toEqual(['scope', null, 0])
  expect(of({ kind: 'impersonator' }, 'orders:read')).toEqual(['impersonation', null, 0])
  expect(of(user('OWNER'), 'orders:erase')).toEqual(['unknown-permission', 'OWNER', 0])
  const denied = overridesOf('orders:read', [['DENY', '', later(9)], ['GRANT']])
  expect(explain(table, user('OWNER', denied), { permission: 'orders:read' }, now)).toEqual({
    ...{ allowed: false, by: 'override', role: 'OWNER', limit: null, until: later(9) },
    overrides: [denied[0]],
  })
})

const fail = (): never => {
  throw new Error('fast-check gave no sample')
}
