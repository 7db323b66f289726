/** Records what was done, in the transaction that does it. */
import type { z } from 'zod'
import type { Tx } from '../db/database.ts'
import { command } from '../db/sql.ts'
import { sha256Hex } from '../crypto/digest.ts'
import { type DataOf, orgActions, sellerActions, type TargetOf } from './actions.ts'

type SellerActions = typeof sellerActions
type OrgActions = typeof orgActions
type Data = Readonly<Record<string, unknown>>

/**
 * Appends to the seller's audit chain when the transaction commits, and not at all when it rolls
 * back. Who did it is whom the scope was opened for. What can be recorded, with which target and
 * data, is in `actions.ts`; throws for data that does not have the form of its action.
 *
 * The statement travels with COMMIT because it locks the head of the chain. In a platform scope
 * with several sellers, record in the order of their ids.
 *
 * @example recordAudit(tx, sellerId, 'user.added', `user:${userId}`, { role: 'VIEWER' })
 */
export const recordAudit = <A extends keyof SellerActions>(
  tx: Tx,
  sellerId: string,
  action: A,
  target: TargetOf<SellerActions[A]>,
  ...[data]: DataOf<SellerActions[A]>
): void => {
  append(tx, sellerId, action, target, checked(sellerActions[action], action, target, data ?? {}))
}

/** Appends to the chain of the org: in a platform scope, behind what is recorded for sellers. */
export const recordOrgAudit = <A extends keyof OrgActions>(
  tx: Tx,
  orgId: string,
  action: A,
  target: TargetOf<OrgActions[A]>,
  ...[data]: DataOf<OrgActions[A]>
): void => {
  const json = canonicalJson(checked(orgActions[action], action, target, data ?? {}))
  tx.atCommit(command`select org_audit_append(${orgId}, ${action}, ${target}, ${json})`)
}

/**
 * What a plugin did: `verb` or `thing.verb`, recorded as `<plugin id>.<action>`. Throws for other
 * forms, and for a name that is one of core's.
 */
export const recordPluginAudit = (
  tx: Tx,
  sellerId: string,
  pluginId: string,
  action: string,
  target: string,
  data: Data = {},
): void => {
  const name = `${pluginId}.${action}`
  const why = !pluginForm.test(action)
    ? 'its form is "verb" or "thing.verb"'
    : Object.hasOwn(sellerActions, name)
    ? 'it is a name of core'
    : target.length > maxTarget
    ? `its target is longer than ${maxTarget} characters`
    : undefined
  if (why !== undefined) throw new Error(`Cannot record an action of plugin "${pluginId}": ${why}`)
  append(tx, sellerId, name, target, data)
}

const pluginForm = /^[a-z][a-z0-9-]{0,62}(?:\.[a-z][a-z0-9-]{0,62})?$/
const maxTarget = 200

/**
 * JSON with the members of every object sorted, so that equal data is equal text. What JSON leaves
 * out is left out; a bigint becomes its digits.
 */
export const canonicalJson = (value: Data): string => JSON.stringify(value, sortedMembers)

/** SHA-256 of a set of ids, in hex and whatever their order: what a page held, without the list. */
export const digestOf = (ids: readonly string[]): string => sha256Hex(ids.toSorted().join('\n'))

const append = (
  tx: Tx,
  sellerId: string,
  action: string,
  target: string,
  data: Data,
): void =>
  tx.atCommit(command`
    select audit_append(${sellerId}, ${action}, ${target}, ${canonicalJson(data)})`)

/** A member that nobody declared may be somebody's name: the event is refused, its change with it. */
const checked = (
  row: { readonly target: string; readonly data: z.ZodType },
  action: string,
  target: string,
  data: unknown,
): Data => {
  if (!target.startsWith(`${row.target}:`) || target.length > maxTarget) {
    throw new Error(`Cannot record "${action}": its target is no "${row.target}:<id>"`)
  }
  const parsed = row.data.safeParse(data)
  if (parsed.success) return parsed.data as Data
  const paths = parsed.error.issues.map(({ path, code }) =>
    `/${path.map(String).join('/')} ${code}`
  )
  throw new Error(`Cannot record "${action}": its data has the wrong form at ${paths.join(', ')}`)
}

const sortedMembers = (_name: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members)
}
