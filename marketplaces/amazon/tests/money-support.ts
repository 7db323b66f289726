/** Returns and payouts as the ledger would keep them: forecasts give up their lines to what pays them. */
import { failureOf, type Page, type PayoutRow, type ReturnRow } from 'robnu/plugin'
import amazon from '../mod.ts'
import { AnyCursor } from '../cursors.ts'
import { connect, type Connection, renewed, type World } from './support.ts'

type AnyPage = Page<PayoutRow | ReturnRow, AnyCursor>
export interface Books<Row> {
  readonly rows: Map<string, Row>
  /** Lines of payouts that are no forecasts. */
  readonly paid: Set<string>
  readonly rejected: { readonly reason: string; readonly key?: string }[]
  cursor: AnyCursor | null
  pages: number
}
export const emptyBooks = <Row>(): Books<Row> => ({
  ...{ rows: new Map(), paid: new Set<string>(), rejected: [], cursor: null, pages: 0 },
})

/** Every operation without a limit. */
export const unlimited = async (world: World): Promise<void> => {
  for (const { operation } of amazon.limits ?? []) {
    await world.control('throttle', { operation, ratePerSecond: 1e6, burst: 1e6 })
  }
}

export const external = async (world: World, at = 1): Promise<Connection> => {
  const account = await connect(world, at)
  const details = { ...account.details, ef_enabled: true, ef_location_ids: ['EXDL'] }
  return { ...account, details }
}

const isForecast = (row: PayoutRow): boolean => row.forecast === true

const storeReturn = (books: Books<ReturnRow>, row: ReturnRow): void => {
  const known = books.rows.get(row.externalId)
  if (!known || known.updatedAt <= row.updatedAt) books.rows.set(row.externalId, row)
}

export const storePayout = (books: Books<PayoutRow>, row: PayoutRow): void => {
  const { rows, paid } = books
  const known = rows.get(row.externalId)
  const told = isForecast(row) ? row.lines.filter((line) => !paid.has(line.externalId)) : row.lines
  if (isForecast(row) && told.length === 0) return
  const lines = new Map([...known?.lines ?? [], ...told].map((line) => [line.externalId, line]))
  const newest = known && known.updatedAt > row.updatedAt ? known : row
  rows.set(row.externalId, { ...newest, lines: [...lines.values()] })
  if (isForecast(row)) return
  for (const { externalId } of row.lines) paid.add(externalId)
  for (const [id, one] of rows) {
    if (!isForecast(one)) continue
    const left = one.lines.filter((line) => !paid.has(line.externalId))
    if (left.length === 0) rows.delete(id)
    else if (left.length < one.lines.length) rows.set(id, { ...one, lines: left })
  }
}

const patient = new Set(['rate-limit', 'unavailable', 'bad-response'])

export interface Ask {
  readonly account: Connection
  readonly cursor: AnyCursor | null
  readonly window?: { readonly from: Date; readonly to: Date }
}

/** One run to its end: refreshes a dead token and waits, as the host does; gives each page. */
export async function* runOf(
  world: World,
  target: 'syncReturns' | 'syncPayouts',
  ask: Ask,
): AsyncGenerator<AnyPage> {
  let { account, cursor } = ask
  for (let patience = 50;; patience--) {
    const sync = amazon.adapter[target]
    if (!sync) throw new Error('the adapter has lost its ability')
    const request = {
      cursor,
      reason: 'manual' as const,
      ...(ask.window ? { window: ask.window } : {}),
    }
    try {
      for await (const page of sync(account, request, world.ctx) as AsyncIterable<AnyPage>) {
        // the host keeps the cursor as JSON
        cursor = AnyCursor.parse(JSON.parse(JSON.stringify(page.cursor)))
        yield { ...page, cursor }
        if (page.last) return
      }
      return
    } catch (error) {
      const failed = failureOf(error)
      if (patience === 0 || !failed) throw error
      if (failed.code === 'token-expired') account = { ...await renewed(account, world.ctx) }
      else if (patient.has(failed.kind)) {
        await world.control('clock', {
          bySeconds: Math.ceil((failed.retryAfterMs ?? 60_000) / 1000),
        })
      } else if (failed.code !== 'report-failed') throw error
    }
  }
}

export const syncReturns = async (
  world: World,
  books: Books<ReturnRow>,
  account: Connection,
  window?: Ask['window'],
): Promise<void> => {
  const ask = { account, cursor: books.cursor, ...(window ? { window } : {}) }
  for await (const page of runOf(world, 'syncReturns', ask)) {
    for (const row of page.rows) storeReturn(books, row as ReturnRow)
    books.rejected.push(...page.rejected)
    books.cursor = page.cursor
    books.pages += 1
  }
}

export const syncPayouts = async (
  world: World,
  books: Books<PayoutRow>,
  account: Connection,
  window?: Ask['window'],
): Promise<void> => {
  const ask = { account, cursor: books.cursor, ...(window ? { window } : {}) }
  for await (const page of runOf(world, 'syncPayouts', ask)) {
    for (const row of page.rows) storePayout(books, row as PayoutRow)
    books.rejected.push(...page.rejected)
    books.cursor = page.cursor
    books.pages += 1
  }
}

/** As the verb `ledger` tells returns and payouts. */
export interface Truth {
  readonly returns: readonly {
    readonly id: string
    readonly orderId: string
    readonly kind: string
    readonly state: string
    readonly quantity: number
  }[]
  readonly payouts: readonly {
    readonly id: string
    readonly state: string
    readonly amount: string
    readonly lines: number
  }[]
}
export const truthOf = async (world: World, account: Connection): Promise<Truth> => {
  const told = await world.control('ledger', {}) as {
    readonly accounts: Readonly<Record<string, Truth>>
  }
  const own = told.accounts[account.externalAccountId]
  if (!own) throw new Error('the ledger does not know the account')
  return own
}

const byId = (one: { readonly id: string }, other: { readonly id: string }) =>
  one.id < other.id ? -1 : 1

export const returnsIn = ({ rows }: Books<ReturnRow>): Truth['returns'] =>
  [...rows.values()].map((row) => ({
    ...{ id: row.externalId, orderId: row.orderExternalId, kind: row.kind },
    state: row.status ?? 'UNKNOWN',
    quantity: row.items[0]?.quantity ?? 0,
  })).sort(byId)

const paiseIn = (text: string): number => Math.round(Number(text) * 100)

export const payoutsIn = ({ rows }: Books<PayoutRow>): Truth['payouts'] =>
  [...rows.values()].map((row) => ({
    id: row.externalId,
    state: row.status ?? 'UNKNOWN',
    amount: decimal(row.lines.reduce((sum, { net }) => sum + paiseIn(net), 0)),
    lines: row.lines.length,
  })).sort(byId)

export const sortedTruth = <Row extends { readonly id: string }>(rows: readonly Row[]): Row[] =>
  [...rows].sort(byId)

const decimal = (paise: number): string => (paise / 100).toFixed(2)
