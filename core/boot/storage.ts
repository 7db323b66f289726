/** Files put together: the bucket, its keys, and what is removed from it. */
import type { Config } from '../config.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { Database } from '../db/database.ts'
import { expireExports } from '../ledger/tenant-export/expire.ts'
import type { Log } from '../log.ts'
import { type Appending, createAppending } from '../storage/appending.ts'
import { createFiles, type Files } from '../storage/files.ts'
import { createPluginFiles, type PluginFilesOf } from '../storage/plugin-files.ts'
import { sweepObjects } from '../storage/sweep.ts'

interface FileParts {
  readonly db: Database
  readonly aws: { readonly region: string; readonly endpoint?: string }
  readonly config: Config
  readonly aliasOf: (sellerId: string) => string
  readonly keyring: Keyring
}

export const openFiles = ({ db, aws, config, aliasOf, keyring }: FileParts): Files =>
  createFiles({
    ...{ db, aliasOf, bucket: config.AWS_S3_BUCKET, region: aws.region },
    ...aws.endpoint === undefined ? {} : { endpoint: aws.endpoint },
    // a seller's first keys make the alias where there is none
    ensureKey: (entry) => keyring.forSeller(entry),
  })

/** Files that come part by part, for plugins. */
export const openPluginFiles = (
  { db, aws, config, aliasOf, keyring, files, now }: FileParts & {
    readonly files: Files
    readonly now: () => number
  },
): { readonly appending: Appending; readonly pluginFiles: PluginFilesOf } => {
  const { region, endpoint } = aws
  const appending = createAppending({ region, ...endpoint === undefined ? {} : { endpoint } })
  const pluginFiles = createPluginFiles({
    ...{ db, appending, files, aliasOf, now, bucket: config.AWS_S3_BUCKET },
    ensureKey: (entry) => keyring.forSeller(entry),
  })
  return { appending, pluginFiles }
}

export const storageSweep = (house: {
  readonly db: Database
  readonly files: Files
  readonly appending: Appending
  readonly log: Log
  readonly now: () => number
}) => ({
  id: 'storage-sweep',
  cron: '41 * * * *',
  run: async () => {
    const now = new Date(house.now())
    house.log.info('sweep.exports', { expired: await expireExports(house.db, now) })
    house.log.info('sweep.storage', { removed: await sweepObjects(house) })
  },
})
