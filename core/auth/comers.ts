/** Who brings a link back: somebody new chooses a password, who is known shows theirs. */
import type { Database, Tx } from '../db/database.ts'
import { command } from '../db/sql.ts'
import { fault } from '../errors.ts'
import { makeIdentity } from '../tenancy/provision.ts'
import { findIdentity, type Identity } from './identities.ts'
import { requirePassword } from './password-rules.ts'
import type { PasswordHasher } from './passwords.ts'
import type { Codes, Prover, SecondFactor } from './prove.ts'
import type { Client, SignedIn, SignIn } from './sign-in.ts'

export interface ComerAsk extends Codes {
  readonly token: string
  readonly password: string
  readonly client: Client
}
/** Somebody of whom it is known that they read the address, and more. */
export type Comer =
  | { readonly kind: 'new'; readonly email: string; readonly passwordHash: string }
  | {
    readonly kind: 'known'
    readonly identity: Pick<Identity, 'id' | 'email'>
    readonly secondFactor: SecondFactor | null
    /** To be called when the person is let in. */
    readonly letIn: () => Promise<void>
  }

export interface ComersDeps {
  readonly db: Pick<Database, 'gate' | 'withPlatformScope'>
  readonly hasher: Pick<PasswordHasher, 'hash'>
  readonly prover: Pick<Prover, 'prove'>
}

/**
 * The link alone opens nobody's account: a known person gives what signing in takes. Throws
 * `password-refused`, `sign-in-refused`, `sign-in-throttled`, `mfa-required`, `mfa-refused`.
 */
export const meetComer = async (
  { db, hasher, prover }: ComersDeps,
  { email, sellerName }: { readonly email: string; readonly sellerName: string },
  { password, client, code, recoveryCode }: ComerAsk,
): Promise<Comer> => {
  if (await findIdentity(db, email) === null) {
    requirePassword(password, { email, sellerNames: [sellerName] })
    return { kind: 'new', email, passwordHash: await hasher.hash(password) }
  }
  const ask = { email, password, clientIp: client.ip, code, recoveryCode }
  return { kind: 'known', ...await prover.prove(ask) }
}

/**
 * In a platform scope: the identity of the person, whose address is verified now. Throws
 * `link-refused` for somebody who was new a moment ago and is known by now: whoever it was did not
 * show that password.
 */
export const settleComer = async (tx: Tx, comer: Comer, now: Date): Promise<string> => {
  if (comer.kind === 'new') {
    const { email, passwordHash } = comer
    const id = await makeIdentity(tx, { email, passwordHash, verifiedAt: now })
    if (id === null) throw fault('link-refused')
    return id
  }
  await tx.run(command`
    update identities set email_verified_at = ${now.toISOString()}
    where id = ${comer.identity.id} and email_verified_at is null`)
  return comer.identity.id
}

/**
 * Signs the person in who has just become one of the seller. Throws `session-over` for who was removed
 * at this moment, or has set up a second factor.
 */
export const signComerIn = async (
  signInByLink: SignIn['signInByLink'],
  comer: Comer,
  { identityId, sellerId, client }: {
    readonly identityId: string
    readonly sellerId: string
    readonly client: Client
  },
): Promise<SignedIn> => {
  const isKnown = comer.kind === 'known'
  const signedIn = await signInByLink({
    identity: { id: identityId, email: isKnown ? comer.identity.email : comer.email },
    secondFactor: isKnown ? comer.secondFactor : null,
    sellerId,
    client,
  })
  if (signedIn === null) throw fault('session-over')
  if (isKnown) await comer.letIn()
  return signedIn
}
