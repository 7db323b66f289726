/** How sellers leave, put together: what the OWNER asks, what runs by the clock, and what each process tries. */
import type { Config } from '../config.ts'
import type { KeyNews } from '../crypto/key-news.ts'
import type { Keyring } from '../crypto/keyring.ts'
import { createSigner } from '../crypto/signing.ts'
import type { Database } from '../db/database.ts'
import type { Services } from '../http/services.ts'
import type { TenantExports } from '../ledger/offboarding/exports.ts'
import { createOffboardings } from '../ledger/offboarding/requests.ts'
import { sweepOffboardings } from '../ledger/offboarding/sweep.ts'
import { tryShredded } from '../ledger/offboarding/trials.ts'
import { requestTenantExport, tenantExportState } from '../ledger/tenant-export/request.ts'
import type { Log } from '../log.ts'
import type { Post } from '../mail/post.ts'

interface Parts {
  readonly db: Database
  readonly config: Config
  readonly post: Pick<Post, 'send'>
  readonly clock: () => Date
  readonly log: Log
  readonly wake: () => void
}

const tenantExports: TenantExports = { request: requestTenantExport, state: tenantExportState }

export const offboardingServices = (
  { db, config, clock, wake }: Omit<Parts, 'post' | 'log'>,
): Pick<Services, 'offboardings'> => ({
  offboardings: createOffboardings({
    ...{ db, wake, now: clock, exports: tenantExports },
    graceDays: config.ROBNU_OFFBOARD_DAYS,
  }),
})

/** Signs as well, so it runs where digests are signed. */
export const offboardingSweep = ({ db, config, post, clock, log, wake }: Parts) => ({
  id: 'offboarding-sweep',
  cron: '*/5 * * * *',
  run: async () => {
    const signer = createSigner(config.ROBNU_AUDIT_KEYS)
    const asked = { db, signer, log, now: clock, sendMail: post.send, exports: tenantExports }
    log.info('sweep.offboarding', { ...await sweepOffboardings(asked) })
    wake()
  },
})

/** What every process does when it hears that the keys of a seller were destroyed. */
export const watchShreds = (
  { db, keyring, keyNews, log }: {
    readonly db: Database
    readonly keyring: Keyring
    readonly keyNews: Pick<KeyNews, 'onDestroyed'>
    readonly log: Log
  },
  process: { readonly id: string; readonly parts: string },
): void => keyNews.onDestroyed((sellerId) => tryShredded({ db, keyring, log, process }, sellerId))
