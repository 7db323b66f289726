/** Decides what a subject may do, and says which row decided. */
import type { ErrorCode } from '../errors.ts'
import type { Role } from '../plugin.ts'
import type { PermissionTable } from './permissions.ts'

/** An exception from the role of one person. */
export interface Override {
  readonly id: string
  readonly permission: string
  readonly effect: 'GRANT' | 'DENY'
  /** Null: for all marketplace accounts. */
  readonly accountId: string | null
  /** Null: until it is taken away. */
  readonly expiresAt: Date | null
}
/** The part of a principal that is judged. */
export type Subject =
  | { readonly kind: 'user'; readonly role: Role; readonly overrides: readonly Override[] }
  | { readonly kind: 'key'; readonly scopes: readonly string[] }
  | { readonly kind: 'impersonator' }

/** The marketplace accounts that a yes holds for. */
export interface AccountLimit {
  /** Null: all but `except`. */
  readonly only: readonly string[] | null
  readonly except: readonly string[]
}
/** What decided. `overrides`: the ids of those that gave, took or limited. */
type Reason =
  | { readonly by: 'unknown-permission' }
  | { readonly by: 'role'; readonly overrides: readonly string[] }
  | { readonly by: 'override'; readonly overrides: readonly string[] }
  | { readonly by: 'scope' }
  | { readonly by: 'impersonation' }
export type Decision =
  /** `limit` null: for all accounts. */
  | { readonly allowed: true; readonly reason: Reason; readonly limit: AccountLimit | null }
  | { readonly allowed: false; readonly reason: Reason; readonly code: ErrorCode }

/**
 * Default deny. A denial of the person wins over a grant, a grant over the role; a grant or denial
 * for some accounts makes a limit. Overrides that the permission does not allow for count nothing.
 */
export const decide = (
  table: PermissionTable,
  subject: Subject,
  permission: string,
  now: Date,
): Decision => {
  const row = table.get(permission)
  if (row === undefined) {
    return { allowed: false, reason: { by: 'unknown-permission' }, code: 'forbidden' }
  }
  switch (subject.kind) {
    case 'user':
      return decideForUser(table, subject, permission, now)
    case 'key': {
      const reason: Reason = { by: 'scope' }
      if (!row.keys) return { allowed: false, reason, code: 'not-for-keys' }
      return subject.scopes.includes(permission)
        ? { allowed: true, reason, limit: null }
        : { allowed: false, reason, code: 'out-of-scope' }
    }
    case 'impersonator': {
      const reason: Reason = { by: 'impersonation' }
      return row.staff
        ? { allowed: true, reason, limit: null }
        : { allowed: false, reason, code: 'not-for-staff' }
    }
  }
}

const decideForUser = (
  table: PermissionTable,
  { role, overrides }: Extract<Subject, { kind: 'user' }>,
  permission: string,
  now: Date,
): Decision => {
  const row = table.get(permission)
  const live = overrides.filter((one) =>
    one.permission === permission && (one.expiresAt === null || one.expiresAt > now)
  )
  const denials = row?.deniable === true ? live.filter(({ effect }) => effect === 'DENY') : []
  const grants = row?.grantable === true ? live.filter(({ effect }) => effect === 'GRANT') : []

  const whole = denials.filter(forAll)
  if (whole.length > 0) return no('override', whole)

  const except = accountsOf(denials)
  const hasRole = row?.roles.includes(role) ?? false
  const wide = grants.filter(forAll)
  if (hasRole || wide.length > 0) {
    const by = hasRole ? 'role' : 'override'
    const given = hasRole ? [] : wide
    if (except.length > 0) return yes(by, [...given, ...denials], { only: null, except })
    return yes(by, given, null)
  }
  const only = accountsOf(grants).filter((account) => !except.includes(account))
  if (only.length > 0) return yes('override', [...grants, ...denials], { only, except: [] })
  return grants.length > 0 ? no('override', denials) : no('role', [])
}

const yes = (
  by: 'role' | 'override',
  rows: readonly Override[],
  limit: AccountLimit | null,
): Decision => ({ allowed: true, reason: reasonOf(by, rows), limit })
const no = (by: 'role' | 'override', rows: readonly Override[]): Decision => ({
  allowed: false,
  reason: reasonOf(by, rows),
  code: 'forbidden',
})
const reasonOf = (by: 'role' | 'override', rows: readonly Override[]): Reason => ({
  by,
  overrides: rows.map(({ id }) => id),
})

const forAll = ({ accountId }: Override): boolean => accountId === null
const accountsOf = (overrides: readonly Override[]): readonly string[] => [
  ...new Set(overrides.flatMap(({ accountId }) => accountId === null ? [] : [accountId])),
]

/** Whether the limit lets the account pass. */
export const within = (limit: AccountLimit | null, accountId: string): boolean =>
  limit === null ||
  (limit.only === null || limit.only.includes(accountId)) && !limit.except.includes(accountId)
