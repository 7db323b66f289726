/** Staff put together: how they sign in, how they come into a seller, and what ends by itself. */
import { createOrgTrail } from '../audit/org-trail.ts'
import { createLanes } from '../auth/lanes.ts'
import type { PasswordHasher } from '../auth/passwords.ts'
import { createStaffDesk } from '../auth/staff.ts'
import { createStaffSignIn } from '../auth/staff-sign-in.ts'
import { createThrottle } from '../auth/throttle.ts'
import { createTotpVault } from '../auth/totp-vault.ts'
import type { Config } from '../config.ts'
import { deriveKey } from '../crypto/derive.ts'
import { systemRandom } from '../crypto/random.ts'
import type { Database } from '../db/database.ts'
import type { Services } from '../http/services.ts'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Post } from '../mail/post.ts'
import { createImpersonations } from '../tenancy/impersonation.ts'
import { endOverdue } from '../tenancy/impersonation-ends.ts'
import { createStaffImpersonations } from '../tenancy/impersonation-staff.ts'
import { createStaffSellers } from '../tenancy/staff-sellers.ts'
import { secretsOf } from './sign-in.ts'

interface StaffDeps {
  readonly db: Database
  readonly config: Config
  readonly hasher: PasswordHasher
  readonly post: Pick<Post, 'sendLater'>
  readonly log: Log
  readonly clock: () => Date
}

export const staffServices = (
  { db, config, hasher, post, log, clock }: StaffDeps,
): Pick<Services, 'staff' | 'staffWork' | 'impersonations'> => {
  const lanes = createLanes({ db, key: deriveKey(config.ROBNU_SECRET, 'staff-lanes'), now: clock })
  const signIn = createStaffSignIn({
    ...{ db, hasher, log },
    vault: createTotpVault(secretsOf(config)),
    throttle: createThrottle(lanes),
    now: clock,
    newId: () => newId(),
    random: systemRandom,
  })
  const impersonations = createStaffImpersonations({ db, sendMail: post.sendLater })
  const staff = createStaffDesk({ db, signIn, impersonations })
  return {
    staff,
    staffWork: {
      signIn,
      me: staff.me,
      impersonations,
      sellers: createStaffSellers(db),
      trail: createOrgTrail(db),
    },
    impersonations: createImpersonations(db),
  }
}

/** What is past its time ends by the clock; this is where it is written down. */
export const staffSweep = ({ db, log }: Pick<StaffDeps, 'db' | 'log'>) => ({
  id: 'impersonation-sweep',
  cron: '*/5 * * * *',
  run: async () => log.info('sweep.impersonations', { ended: await endOverdue(db) }),
})
