/** Checks of what the house stores of a plugin's rows: all of it, once, sealed, each seller's own. */
import type { Marketplace, OrderRow, PayoutRow } from '../../../plugin.ts'
import type { Bench, SyncOutcome } from '../bench.ts'
import type { MarketplaceCheck } from '../check.ts'
import { leaveOut } from '../judge.ts'
import { type AnyRow, fullRun, type RowTarget, rowTargets, syncOf } from '../walk.ts'
import { afterMigrations, noDatabase, onceFor } from './tables.ts'

type MarketBench = Bench<Marketplace>

const targetsOf = ({ plugin }: MarketBench): readonly RowTarget[] =>
  rowTargets.filter((target) => syncOf(plugin, target))
const noRows = (bench: MarketBench): string | undefined => {
  if (!bench.sample) return 'there is no sample'
  return noDatabase(bench) ?? (targetsOf(bench).length === 0 ? 'it syncs no rows' : undefined)
}

interface Synced {
  readonly target: RowTarget
  readonly first: SyncOutcome
  readonly again: SyncOutcome
}
/** Every target of both sellers, and the first seller's once more. */
const synced = onceFor(async (bench): Promise<readonly Synced[]> => {
  const database = await afterMigrations(bench)
  const all: Synced[] = []
  for (const target of targetsOf(bench as MarketBench)) {
    await database.sync(target, 1)
    const first = await succeeded(database.sync(target, 0), target)
    all.push({ target, first, again: await succeeded(database.sync(target, 0), target) })
  }
  return all
})

const succeeded = async (
  running: Promise<SyncOutcome>,
  target: RowTarget,
): Promise<SyncOutcome> => {
  const outcome = await running
  if (outcome.state === 'SUCCEEDED') return outcome
  throw new Error(`the sync of ${target} has not succeeded: ${outcome.failure ?? outcome.state}`)
}

const check = (
  id: string,
  title: string,
  remedy: string,
  run: (bench: MarketBench) => Promise<void>,
): MarketplaceCheck => ({ id, tier: 'database', title, remedy, leftOut: noRows, run })

/** Texts long enough to be found only where they are. */
const telling = (texts: readonly unknown[]): readonly string[] => [
  ...new Set(texts.filter((one): one is string => typeof one === 'string' && one.length >= 8)),
]
const textsIn = (value: unknown): readonly unknown[] =>
  value && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : [value]
/** An instant, a word of the marketplace: part of credentials, and no secret. */
const isPlain = (text: string): boolean => /^\d{4}-\d\d-\d\dT|^[A-Z_]+$/.test(text)

const nothingClear = async (bench: MarketBench, what: string, needles: readonly string[]) => {
  await synced(bench)
  const database = await afterMigrations(bench)
  const [order] = (await fullRun(bench, targetsOf(bench)[0] ?? 'ORDERS')).rows.keys()
  // a look that finds nothing at all has proved nothing
  if (order === undefined || (await database.clearTexts([order])).length === 0) {
    throw new Error('the look into the database is blind')
  }
  if (needles.length === 0) throw new Error(`the sample has no ${what} to look for`)
  const found = await database.clearTexts(needles)
  if (found.length > 0) {
    throw new Error(`${found.length} of ${needles.length} ${what} stand in clear`)
  }
}

/** Without the forecasts that another payout of the run pays: the house has them no more. */
const unpaid = (rows: readonly AnyRow[]): readonly AnyRow[] => {
  const payoutOf = (row: AnyRow) => row as unknown as Partial<PayoutRow>
  const isForecast = (row: AnyRow) => payoutOf(row).forecast === true
  const linesOf = (row: AnyRow) => payoutOf(row).lines ?? []
  const paid = new Set(
    rows.filter((row) => !isForecast(row)).flatMap(linesOf).map(({ externalId }) => externalId),
  )
  return rows.filter((row) =>
    !isForecast(row) || linesOf(row).length === 0 ||
    linesOf(row).some(({ externalId }) => !paid.has(externalId))
  )
}

export const rowChecks: readonly MarketplaceCheck[] = [
  check(
    'database-stores-what-is-accepted',
    'every row of a full run is stored, and no other',
    'look at the reasons of the quarantined rows: the house refuses rows that have not its forms',
    async (bench) => {
      for (const { target, first } of await synced(bench)) {
        const rows = unpaid([...(await fullRun(bench, target)).rows.values()])
        if (first.stored !== rows.length) {
          throw new Error(`${target}: ${first.stored} stored of ${rows.length}`)
        }
      }
    },
  ),
  check(
    'database-keeps-what-is-rejected',
    'every rejected row is kept aside, and nothing else is',
    'yield as rejected what the marketplace sent and you cannot read; `raw` is the row as it came',
    async (bench) => {
      for (const { target, first } of await synced(bench)) {
        const { pages } = await fullRun(bench, target)
        const raws = new Set(pages.flatMap((page) => page.rejected.map(({ raw }) => raw)))
        if (first.quarantined !== raws.size) {
          throw new Error(`${target}: ${first.quarantined} kept aside of ${raws.size} rejected`)
        }
      }
    },
  ),
  check(
    'database-second-sync-is-quiet',
    'a second sync of an unchanged marketplace creates and changes nothing',
    'make rows of the answer alone: no time of the run, no order of arrival, no random id',
    async (bench) => {
      for (const { target, first, again } of await synced(bench)) {
        if (again.created + again.changed > 0 || again.stored !== first.stored) {
          throw new Error(`${target}: ${again.created} new and ${again.changed} changed rows`)
        }
      }
    },
  ),
  check(
    'database-sellers-apart',
    'a seller sees its own rows, and none of another seller',
    'call app_protect for every table and make no policy of your own',
    async (bench) => {
      await synced(bench)
      const tables = await (await afterMigrations(bench)).foreign()
      const seen = tables.filter(({ others }) => others > 0)
      if (seen.length > 0) {
        throw new Error(seen.map(({ table, others }) => `${others} rows of ${table}`).join(', '))
      }
      const satellite = tables.find(({ table }) => table === bench.plugin.detailsTable)
      if (satellite?.own !== 1) throw new Error('a seller does not see its own account details')
    },
  ),
  check(
    'database-secrets-sealed',
    'no credential stands in the database in clear',
    'list each secret key of the credentials in `secrets`, with a column x_enc bytea',
    async (bench) => {
      await synced(bench)
      const { world } = await fullRun(bench, targetsOf(bench)[0] ?? 'ORDERS')
      const needles = telling(textsIn(world.account.credentials)).filter((one) => !isPlain(one))
      await nothingClear(bench, 'secrets', needles)
    },
  ),
  {
    ...check(
      'database-buyers-sealed',
      'no name, telephone number, address or e-mail address of a buyer stands in clear',
      'give buyers’ data as `customer` and `billTo`, and nowhere else',
      async (bench) => {
        const { rows } = await fullRun(bench, 'ORDERS')
        const told = [...rows.values()] as unknown as readonly OrderRow[]
        if (told.length > 0 && told.every(({ customer }) => customer === null)) {
          leaveOut('the orders tell of no buyer')
        }
        const needles = telling([...rows.values()].flatMap((row) => {
          const { customer } = row as unknown as OrderRow
          return customer
            ? [
              ...[customer.name, customer.phone, customer.email],
              ...[customer.address?.line1, customer.address?.line2],
            ]
            : []
        }))
        await nothingClear(bench, 'fields of buyers', needles)
      },
    ),
    leftOut: (bench) =>
      noRows(bench) ?? (bench.plugin.adapter.syncOrders ? undefined : 'it syncs no orders'),
  },
]
