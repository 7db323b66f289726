/** Says why a decision falls as it does, and until when. */
import type { Role } from '../plugin.ts'
import { type AccountLimit, decide, type Decision, type Override, type Subject } from './decide.ts'
import type { PermissionTable } from './permissions.ts'

export interface Explanation {
  readonly allowed: boolean
  readonly by: Decision['reason']['by']
  /** Of a person. */
  readonly role: Role | null
  /** Those that gave, took or limited. */
  readonly overrides: readonly Override[]
  /** The accounts that a yes holds for; null: all of them, or the one that was asked about. */
  readonly limit: AccountLimit | null
  /** When time alone will change the answer; null: it does not. */
  readonly until: Date | null
}

/** What `decide` says of the permission: for the account, or without one as a whole. */
export const explain = (
  table: PermissionTable,
  subject: Subject,
  { permission, accountId }: { readonly permission: string; readonly accountId?: string },
  now: Date,
): Explanation => {
  const asked = accountId === undefined ? subject : about(subject, accountId)
  const decision = decide(table, asked, permission, now)
  const { reason } = decision
  const ids = 'overrides' in reason ? reason.overrides : []
  return {
    allowed: decision.allowed,
    by: reason.by,
    role: subject.kind === 'user' ? subject.role : null,
    overrides: overridesOf(subject).filter(({ id }) => ids.includes(id)),
    limit: decision.allowed ? decision.limit : null,
    until: nextChange(table, asked, permission, now),
  }
}

const overridesOf = (subject: Subject): readonly Override[] =>
  subject.kind === 'user' ? subject.overrides : []

/** As if there was this account alone: what is for it is for all there is. */
const about = (subject: Subject, accountId: string): Subject =>
  subject.kind !== 'user' ? subject : {
    ...subject,
    overrides: subject.overrides
      .filter((one) => one.accountId === null || one.accountId === accountId)
      .map((one) => ({ ...one, accountId: null })),
  }

const nextChange = (
  table: PermissionTable,
  subject: Subject,
  permission: string,
  now: Date,
): Date | null => {
  const outcome = outcomeOf(decide(table, subject, permission, now))
  const ends = overridesOf(subject)
    .flatMap((one) => one.permission === permission && one.expiresAt ? [one.expiresAt] : [])
    .filter((end) => end > now)
    .toSorted((a, b) => a.getTime() - b.getTime())
  return ends.find((end) => outcomeOf(decide(table, subject, permission, end)) !== outcome) ?? null
}

const outcomeOf = (decision: Decision): string => {
  if (!decision.allowed) return 'no'
  const { only = null, except = [] } = decision.limit ?? {}
  return JSON.stringify([only?.toSorted() ?? null, except.toSorted()])
}
