/** Sellers and their people put together: how they come, what they may change, how they go. */
import type { Auth } from '../auth/auth.ts'
import { createJoin } from '../auth/join.ts'
import type { PasswordHasher } from '../auth/passwords.ts'
import { createSignUp } from '../auth/sign-up.ts'
import type { Database } from '../db/database.ts'
import type { TenancyServices } from '../http/services.ts'
import type { Log } from '../log.ts'
import type { Post } from '../mail/post.ts'
import { createInvitations } from '../tenancy/invitations.ts'
import { createPeople } from '../tenancy/people.ts'
import { createSellers } from '../tenancy/sellers.ts'

export const tenancyServices = ({ auth, post, clock, ...deps }: {
  readonly db: Database
  readonly auth: Pick<Auth, 'prover' | 'throttle' | 'signInByLink'>
  readonly hasher: PasswordHasher
  readonly post: Post
  readonly log: Log
  readonly clock: () => Date
  /** Where people work, for links in mails. */
  readonly appUrl?: string | undefined
}): TenancyServices => {
  const { prover, throttle, signInByLink } = auth
  const shared = { ...deps, prover, signInByLink, now: clock }
  return {
    sellers: createSellers(shared),
    people: createPeople(shared),
    invitations: createInvitations({ ...shared, sendLater: post.sendLater }),
    signUp: createSignUp({ ...shared, throttle, post }),
    join: createJoin(shared),
  }
}
