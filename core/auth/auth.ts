/** Everything that the API asks about who is there, in one object. */
import { z } from 'zod'
import type { NumberedSecrets } from '../crypto/numbered.ts'
import type { Database } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import type { Log } from '../log.ts'
import type { Post } from '../mail/post.ts'
import { createDevices } from './devices.ts'
import type { Lanes } from './lanes.ts'
import { createOwnFactor, type OwnFactor } from './own-factor.ts'
import { createOwnPassword, type OwnPassword } from './own-password.ts'
import { createOwnSessions, type OwnSessions } from './own-sessions.ts'
import type { PasswordHasher } from './passwords.ts'
import { entryOf, type Principal, type UserPrincipal } from './principal.ts'
import { type SellerStatus, sellerStatuses } from './principal.ts'
import { createProver, type Prover } from './prove.ts'
import { createRefreshTokens } from './refresh-tokens.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createSignIn, type SignIn } from './sign-in.ts'
import { createSigner } from './signed.ts'
import { createThrottle, type Throttle } from './throttle.ts'
import { createTotpVault } from './totp-vault.ts'
import type { Tokens, VerifiedToken } from './tokens.ts'

interface SellerView {
  readonly id: string
  readonly name: string
  readonly status: SellerStatus
}
export interface Auth extends SignIn, Pick<Sessions, 'reload'>, Pick<OwnFactor, 'steppedUpAt'> {
  readonly issue: (principal: UserPrincipal) => Promise<string>
  readonly verify: (token: string) => Promise<VerifiedToken | undefined>
  /** The principal's seller, read inside its scope: so this checks the session as well. */
  readonly seller: (principal: Principal) => Promise<SellerView>
  readonly own: {
    readonly sessions: OwnSessions
    readonly password: OwnPassword
    readonly factor: OwnFactor
  }
  /** For those who come by a link, and prove the rest. */
  readonly prover: Prover
  readonly throttle: Throttle
}
export interface AuthDeps {
  readonly db: Pick<
    Database,
    'gate' | 'inSellerScope' | 'withSellerScope' | 'withPlatformScope'
  >
  readonly hasher: PasswordHasher
  readonly tokens: Tokens
  readonly secrets: NumberedSecrets
  readonly lanes: Lanes
  readonly post: Post
  /** Where people work, for links in mails. */
  readonly appUrl?: string | undefined
  readonly log: Log
  readonly now: () => Date
  readonly newId: () => string
}

const Seller = z.object({ id: z.string(), name: z.string(), status: z.enum(sellerStatuses) })

export const createAuth = (deps: AuthDeps): Auth => {
  const { db, tokens, secrets, now } = deps
  const keyFor = (purpose: string): Uint8Array => {
    const key = secrets.keyFor(secrets.current, purpose)
    if (key === undefined) throw new Error('Cannot sign people in: there is no current secret')
    return key
  }
  const throttle = createThrottle(deps.lanes)
  const vault = createTotpVault(secrets)
  const prover = createProver({ ...deps, vault, throttle })
  const refreshTokens = createRefreshTokens(keyFor('refresh-tokens'))
  const sessions = createSessions({ ...deps, tokens: refreshTokens })
  const devices = createDevices({
    key: keyFor('device-digests'),
    signer: createSigner(keyFor('devices')),
    now,
  })
  const factor = createOwnFactor({ ...deps, prover, throttle, vault })
  return {
    ...createSignIn({ ...deps, prover, sessions, refreshTokens, devices }),
    reload: sessions.reload,
    steppedUpAt: factor.steppedUpAt,
    issue: tokens.issue,
    verify: tokens.verify,
    seller: (principal) =>
      db.inSellerScope(entryOf(principal)).one(sql.type(Seller)`
        select id, name, status from sellers where id = ${principal.sellerId}`),
    own: {
      sessions: createOwnSessions({ ...deps, sessions }),
      password: createOwnPassword({ ...deps, throttle }),
      factor,
    },
    prover,
    throttle,
  }
}
