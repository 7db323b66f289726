/** A person with a second factor, as an authenticator app would have it. */
import type { Auth } from '../../core/auth/auth.ts'
import type { UserPrincipal } from '../../core/auth/principal.ts'
import { createTotpVault } from '../../core/auth/totp-vault.ts'
import { totpCode } from '../../core/auth/totp.ts'
import type { FreshDatabase, TestSeller } from '../support/database.ts'
import { testSecrets } from '../support/sign-in.ts'

/** Of base32 as apps are given it. */
export const bytesOfSecret = (text: string): Uint8Array => {
  const digits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')
  ).join('')
  return Uint8Array.from(digits.match(/.{8}/g) ?? [], (bits) => Number.parseInt(bits, 2))
}

/** Sets a second factor up for the person, through a session of theirs. */
export const withFactor = async (
  auth: Auth,
  person: TestSeller,
  now: () => number,
): Promise<{ readonly secret: Uint8Array; readonly recoveryCodes: readonly string[] }> => {
  const principal = principalOf(person)
  const secret = bytesOfSecret((await auth.own.factor.enrol(principal)).secret)
  const code = totpCode(secret, Math.floor(now() / 30_000))
  return { secret, recoveryCodes: await auth.own.factor.confirm(principal, code) }
}

/** The secret as it is stored, opened. */
export const secretOf = async (fresh: FreshDatabase, identityId: string): Promise<Uint8Array> => {
  const [row] = await fresh.asSuperuser((sql) =>
    sql`select totp_secret_enc from identities where id = ${identityId}`
  )
  const sealed = row?.['totp_secret_enc']
  const opened = sealed && createTotpVault(testSecrets).open(identityId, new Uint8Array(sealed))
  if (!opened) throw new Error('There is no secret that opens')
  return opened
}

/** Of the session that `makeSeller` has opened. */
export const principalOf = ({ sellerId, userId, sessionId, entry }: TestSeller): UserPrincipal => ({
  kind: 'user',
  ...{ sellerId, userId, sessionId, role: 'OWNER', sellerStatus: 'ACTIVE', hasOverrides: false },
  authzVersion: entry.ref.split('/')[1] ?? '',
})
