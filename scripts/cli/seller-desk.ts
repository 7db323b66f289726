/** Sellers as the platform sees them, put together for a command. */
import { readStaffAccounts } from '#core/ledger/staff-accounts.ts'
import { createStaffSellers, readSeller, type StaffSellers } from '#core/tenancy/staff-sellers.ts'
import type { CommandIo } from './command.ts'
import { asOperator, nobodysActor } from './operator.ts'
import { withPlatform } from './platform.ts'

type Change = Parameters<StaffSellers['suspend']>[1]
type SellerView = Awaited<ReturnType<StaffSellers['suspend']>>

export interface SellerDesk {
  readonly io: CommandIo
  /** What staff may do, in the name of an operator. */
  readonly sellers: (by: string) => {
    readonly list: (
      ask: Parameters<StaffSellers['list']>[1],
    ) => ReturnType<StaffSellers['list']>
    readonly suspend: (ask: Change) => Promise<SellerView>
    readonly resume: (ask: Change) => Promise<SellerView>
  }
  /** Null: there is no such seller. */
  readonly read: (id: string) => Promise<
    {
      readonly seller: NonNullable<SellerView>
      readonly accounts: Awaited<ReturnType<typeof readStaffAccounts>>
    } | null
  >
}

export const withSellers = <T>(
  asked: CommandIo,
  work: (desk: SellerDesk) => Promise<T>,
): Promise<T> =>
  withPlatform(asked, ({ db, io }) =>
    work({
      io,
      sellers: (by) => {
        const { list, suspend, resume } = createStaffSellers(asOperator(db, by || 'robnu'))
        return {
          list: (ask) => list(nobodysActor, ask),
          suspend: (ask) => suspend(nobodysActor, ask),
          resume: (ask) => resume(nobodysActor, ask),
        }
      },
      read: (id) =>
        db.withPlatformScope('cli', async (tx) => {
          const seller = await readSeller(tx, id)
          return seller && { seller, accounts: await readStaffAccounts(tx, id) }
        }),
    }))
