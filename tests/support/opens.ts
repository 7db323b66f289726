/**
 * Counts the sealed values that are opened in this process, below everything that could miscount them,
 * and holds the decrypt ledger of every test's database against that count.
 */
import { appendFileSync } from 'node:fs'
import { subscribe } from 'node:diagnostics_channel'
import { inject } from 'vitest'
import type { SealedColumn } from '../../core/crypto/place.ts'
import type { Operations } from '../../core/db/operations.ts'
import './provided.ts'

/** By seller: ids are of no second database. */
const opened = new Map<string, number>()
/** Why the file that is running opens what no ledger knows. */
const exempt: string[] = []

subscribe('robnu.opened', (message) => {
  const { sellerId, table } = message as SealedColumn
  // sealed under the process's own secret, of which no seller's ledger tells
  if (table === 'audit_anchors') return
  opened.set(sellerId, (opened.get(sellerId) ?? 0) + 1)
})

/**
 * For a file that opens values where no database is: the functions themselves are under test. Once is
 * enough, before or behind; a module that several files import says it in a function.
 */
export const opensWithoutLedger = (why: string): void => void exempt.push(why)

/** What may be more in a ledger than was opened here, and why. */
export type LedgerExtra = `forged rows: ${string}` | `another process: ${string}`

/**
 * Throws when a seller of this database has more values opened, or fewer, than its ledger says. From
 * then on they are settled.
 */
export const settleOpens = async (sql: Operations, extra?: LedgerExtra): Promise<void> => {
  const rows = await sql<{ seller_id: string; told: string; undone: string }[]>`
    select s.id as seller_id, coalesce(sum(l.opened), 0) as told,
      coalesce(sum(l.opened) filter (where l.undone), 0) as undone
    from sellers s left join decrypt_ledger l on l.seller_id = s.id group by s.id`
  const faults = rows.flatMap(({ seller_id: id, told }) => {
    const found = opened.get(id) ?? 0
    if (Number(told) === found || (extra !== undefined && Number(told) > found)) return []
    return [`  seller ${id}: ${found} values were opened, the ledger says ${told}`]
  })
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)
  report({
    databases: 1,
    opened: sum(rows.map(({ seller_id: id }) => opened.get(id) ?? 0)),
    told: sum(rows.map(({ told }) => Number(told))),
    undone: sum(rows.map(({ undone }) => Number(undone))),
    beside: extra === undefined ? 0 : 1,
  })
  for (const { seller_id: id } of rows) opened.delete(id)
  if (faults.length > 0) {
    throw new Error(`The decrypt ledger is not what was opened:\n${faults.join('\n')}`)
  }
}

/** At the end of a file. Throws for what was opened in no database that anybody looked at. */
export const settleRest = (): void => {
  const rest = [...opened.values()].reduce((sum, one) => sum + one, 0)
  opened.clear()
  const isExempt = exempt.splice(0).length > 0
  if (rest > 0 && !isExempt) {
    throw new Error(
      `${rest} sealed values were opened, and no database with their sellers was closed: close it, ` +
        'or say why there is none by `opensWithoutLedger`',
    )
  }
  if (rest > 0) report({ databases: 0, opened: 0, told: 0, undone: 0, beside: 0, apart: rest })
}

export interface Report {
  readonly databases: number
  readonly opened: number
  readonly told: number
  readonly undone: number
  /** Databases in whose ledger there is more, for a reason. */
  readonly beside: number
  /** Opened by tests of the cipher itself. */
  readonly apart?: number
}
const report = (line: Report): void => {
  if (line.opened + line.told + (line.apart ?? 0) === 0) return
  appendFileSync(inject('opensFile'), `${JSON.stringify(line)}\n`)
}
