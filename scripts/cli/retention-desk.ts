/** Retention, put together for a command. */
import { recordAudit } from '#core/audit/record.ts'
import type { ArchiveMonth } from '#core/crypto/archive-months.ts'
import {
  type DueOfAccount,
  type LookDeps,
  lookWhatIsDue,
  lookWhatMonthsAreDue,
} from '#core/ledger/retention/look.ts'
import { createUpstream } from '#core/ledger/upstream.ts'
import { requestSellerJob } from '#core/queues/seller-jobs.ts'
import { readSeller } from '#core/tenancy/staff-sellers.ts'
import type { CommandIo, ExitCode } from './command.ts'
import { type Platform, withPlatform } from './platform.ts'
import { tableOf, timeOf } from './table.ts'

interface Of {
  /** Absent: all sellers. */
  readonly sellerId?: string
}
interface Due {
  readonly accounts: readonly DueOfAccount[]
  readonly months: readonly ArchiveMonth[]
}

export const tellWhatIsDue = (asked: CommandIo, of: Of): Promise<ExitCode> =>
  withPlatform(asked, async (platform): Promise<ExitCode> => {
    const { io } = platform
    const { accounts, months } = await look(platform, of)
    io.result({ due: accounts, archive_months: months })
    const heading = [
      ...['seller', 'account', 'marketplace', 'days', 'ended before'],
      ...['orders', 'papers', 'raw rows', 'files'],
    ]
    const rows = accounts.map((one) => [
      ...[one.seller_id, one.marketplace_account_id, one.marketplace, one.days],
      ...[timeOf(one.ended_before), one.orders, one.documents, one.raw_rows, one.files],
    ])
    if (rows.length > 0) { for (const line of tableOf([heading, ...rows])) io.say(line) }
    for (const { sellerId, month } of months) io.say(`Archive of ${sellerId}: month ${month}`)
    if (rows.length + months.length === 0) io.say('Nothing is due')
    return 0
  })

/** One event in the trail of each seller that is asked for. */
export const askToErase = (
  asked: CommandIo,
  { reason, by, ...of }: Of & { readonly reason: string; readonly by: string },
): Promise<ExitCode> =>
  withPlatform(asked, async (platform): Promise<ExitCode> => {
    const { io, db } = platform
    const { accounts, months } = await look(platform, of)
    const sellers = [
      ...new Set([
        ...accounts.map((one) => one.seller_id),
        ...months.map((one) => one.sellerId),
      ]),
    ].toSorted()
    for (const sellerId of sellers) {
      await db.withPlatformScope(`cli:${by}`, async (tx) => {
        await requestSellerJob(tx, { sellerId, job: 'retention' })
        recordAudit(tx, sellerId, 'retention.requested', `seller:${sellerId}`, { reason, by })
      })
    }
    io.result({ asked: sellers })
    io.say(
      sellers.length === 0
        ? 'Nothing is due'
        : `Asked for ${sellers.length} seller(s): workers erase what is due`,
    )
    return 0
  })

const look = async ({ db, config, io }: Platform, of: Of): Promise<Due> => {
  const { sellerId } = of
  if (sellerId !== undefined) {
    const seller = await db.withPlatformScope('cli', (tx) => readSeller(tx, sellerId))
    if (seller === null) throw new Error('There is no seller of this id')
  }
  const now = () => io.now().getTime()
  const deps: LookDeps = {
    ...{ db, config, now },
    upstreamOf: (pluginId) => createUpstream(config.ROBNU_UPSTREAMS[pluginId], now),
  }
  const accounts: DueOfAccount[] = []
  for await (const due of lookWhatIsDue(deps, of)) accounts.push(due)
  return { accounts, months: await lookWhatMonthsAreDue(deps, of) }
}
