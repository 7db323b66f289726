/** Files put together: the bucket, its keys, and what is removed from it. */
import type { Config } from '../config.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { Database } from '../db/database.ts'
import type { Log } from '../log.ts'
import { createFiles, type Files } from '../storage/files.ts'
import { sweepObjects } from '../storage/sweep.ts'

export const openFiles = ({ db, aws, config, aliasOf, keyring }: {
  readonly db: Database
  readonly aws: { readonly region: string; readonly endpoint?: string }
  readonly config: Config
  readonly aliasOf: (sellerId: string) => string
  readonly keyring: Keyring
}): Files =>
  createFiles({
    ...{ db, aliasOf, bucket: config.AWS_S3_BUCKET, region: aws.region },
    ...aws.endpoint === undefined ? {} : { endpoint: aws.endpoint },
    // a seller's first keys make the alias where there is none
    ensureKey: (entry) => keyring.forSeller(entry),
  })

export const storageSweep = (house: {
  readonly db: Database
  readonly files: Files
  readonly log: Log
  readonly now: () => number
}) => ({
  id: 'storage-sweep',
  cron: '41 * * * *',
  run: async () => {
    house.log.info('sweep.storage', { removed: await sweepObjects(house) })
  },
})
