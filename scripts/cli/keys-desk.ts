/** Sellers' keys, put together for a command. */
import { recordAudit } from '#core/audit/record.ts'
import {
  type KeyView,
  listKeyedSellers,
  listKeyViews,
  listUnrootedSellers,
} from '#core/crypto/key-views.ts'
import { createKms } from '#core/crypto/kms.ts'
import { type Rewrap, rewrapKeys } from '#core/crypto/rewrap.ts'
import {
  lastTurnBefore,
  listAllWalks,
  listWalks,
  readWalk,
  type Walk,
  type WalkKind,
} from '#core/ledger/keys/walk-rows.ts'
import { requestWalk } from '#core/ledger/keys/walks.ts'
import { silentLog } from '#core/log.ts'
import type { CommandIo } from './command.ts'
import { awsOf, withPlatform } from './platform.ts'

export interface Asked {
  readonly reason: string
  readonly by: string
}
export interface KeysDesk {
  readonly io: CommandIo
  /** How long backups are kept. */
  readonly backupDays: number
  readonly list: (sellerId: string) => Promise<readonly KeyView[]>
  /** A page of the sellers that have keys. */
  readonly sellers: (after: string | null) => Promise<readonly string[]>
  /** Some of those whose keys KMS unwraps one by one. */
  readonly unrooted: (limit: number) => Promise<readonly string[]>
  readonly ask: (
    sellerId: string,
    walk: Asked & { readonly kind: WalkKind; readonly oneIn?: number; readonly below?: number },
  ) => Promise<{ readonly id: string; readonly created: boolean }>
  readonly walk: (sellerId: string, id: string) => Promise<Walk | null>
  /** Newest first; of one seller, or of all. */
  readonly walks: (
    ask: { readonly sellerId?: string; readonly open: boolean; readonly limit: number },
  ) => Promise<readonly (Walk & { readonly seller_id: string })[]>
  /** The version that all values have been under for so many days; null: there is none. */
  readonly prunable: (sellerId: string, days: number) => Promise<number | null>
  readonly rewrap: (
    sellerId: string,
    ask: Asked & { readonly force: boolean; readonly dryRun: boolean },
  ) => Promise<Rewrap>
}

const pageOfSellers = 200

export const withKeys = <T>(asked: CommandIo, work: (desk: KeysDesk) => Promise<T>): Promise<T> =>
  withPlatform(asked, async ({ db, config, io }) => {
    const kms = createKms({ ...awsOf({ config, io }), log: silentLog })
    const aliasOf = (sellerId: string): string =>
      config.AWS_S3_PER_SELLER_KMS ? `alias/robnu/seller-${sellerId}` : config.ROBNU_KMS_ALIAS
    const source = { db, kms, aliasOf, createMissingAlias: config.ROBNU_KMS_CREATE_KEYS }
    const inPlatform = db.withPlatformScope
    try {
      return await work({
        io,
        backupDays: config.ROBNU_BACKUP_DAYS,
        list: (sellerId) => inPlatform('cli', (tx) => listKeyViews(tx, sellerId)),
        sellers: (after) =>
          inPlatform('cli', (tx) => listKeyedSellers(tx, { after, limit: pageOfSellers })),
        unrooted: (limit) => inPlatform('cli', (tx) => listUnrootedSellers(tx, limit)),
        ask: (sellerId, walk) =>
          inPlatform(`cli:${walk.by}`, (tx) => requestWalk(tx, { sellerId, ...walk })),
        walk: (sellerId, id) => inPlatform('cli', (tx) => readWalk(tx, sellerId, id)),
        walks: ({ sellerId, open, limit }) =>
          inPlatform('cli', async (tx) => {
            if (sellerId === undefined) return await listAllWalks(tx, { open, limit })
            const walks = await listWalks(tx, sellerId, { limit })
            return walks.filter((walk) => !open || walk.ended_at === null)
              .map((walk) => ({ ...walk, seller_id: sellerId }))
          }),
        prunable: (sellerId, days) => inPlatform('cli', (tx) => lastTurnBefore(tx, sellerId, days)),
        rewrap: (sellerId, { reason, by, force, dryRun }) =>
          rewrapKeys(source, sellerId, {
            force,
            dryRun,
            also: (tx, alias) =>
              recordAudit(tx, sellerId, 'keys.rewrapped', `seller:${sellerId}`, {
                ...{ keys: 1, alias, reason, by },
              }),
          }),
      })
    } finally {
      kms.close()
    }
  })
