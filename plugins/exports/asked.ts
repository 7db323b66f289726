/** What a person or key may export, and see of what others have: no more than it may read. */
import { failure, type JobContext, type Reach, type SellerTx } from 'robnu/plugin'
import { z } from 'zod'
import { notFound } from './runs.ts'
import type { Ask, Export } from './schemas.ts'
import { tables, type What } from './tables.ts'

const isNone = (reach: Reach | null): boolean => reach?.only?.length === 0
const within = (reach: Reach | null, account: string): boolean =>
  reach === null ||
  (reach.only === null || reach.only.includes(account)) && !reach.except.includes(account)

/** Throws `forbidden` where the rows may not be read at all. */
export const reachOf = async (what: What, ctx: JobContext): Promise<Reach | null> => {
  const { permission, ofAccounts } = tables[what]
  const reach = await ctx.reach(permission)
  if (isNone(reach) || reach !== null && !ofAccounts) {
    throw failure('rejected', 'Who cannot read the rows cannot export them', { code: 'forbidden' })
  }
  return reach
}

/** The accounts of the export; null: all. Whoever may see some gets those that there are now. */
export const accountsFor = async (
  tx: SellerTx,
  { account }: Ask,
  reach: Reach | null,
): Promise<readonly string[] | null> => {
  if (account === undefined && reach === null) return null
  const rows = await tx.any(
    z.object({ id: z.string() }),
    `select id from marketplace_accounts
      where seller_id = $1 and ($2::uuid is null or id = $2::uuid) order by id`,
    [tx.sellerId, account ?? null],
  )
  const accounts = rows.map(({ id }) => id).filter((id) => within(reach, id))
  if (accounts.length === 0) throw notFound()
  return accounts
}

/** Whether somebody may see what an export, of whomever, has gathered. */
export const mayGet = async (
  { what, accounts }: Pick<Export, 'what' | 'accounts'>,
  ctx: JobContext,
): Promise<boolean> => {
  const reach = await ctx.reach(tables[what].permission)
  if (reach === null) return true
  return accounts !== null && accounts.length > 0 && accounts.every((one) => within(reach, one))
}
