/** From when on nothing brings the keys back, not even a backup. */
import { ownAliasOf } from '../../crypto/destroy-keys.ts'
import type { Facts, Offboarding } from './rows.ts'

const dayMs = 86_400_000

/**
 * A key in a backup opens again as long as KMS would unwrap it. Under a KMS key of the seller's own that
 * ends with the KMS key; under the shared alias with the last backup that holds the wrapped key, made just
 * before it was destroyed. One that was wrapped anew lies in older backups as it was wrapped before.
 */
export const irrevocable = (
  { sellerId, destroyedAt, facts: { keys = [] } }: Pick<
    Offboarding,
    'sellerId' | 'destroyedAt' | 'facts'
  >,
  { keyDeletionAt, backupDays }: {
    /** Of the seller's own KMS key; null: it has none. */
    readonly keyDeletionAt: Date | null
    readonly backupDays: number
  },
): NonNullable<Facts['kms']> => {
  if (destroyedAt === null) throw new Error('unreachable: the keys are destroyed by now')
  const byKms = keys.filter(({ alias }) => alias !== null)
  const last = byKms.filter(({ wrappedSha256 }) => wrappedSha256 !== null)
  const isOwn = keyDeletionAt !== null && last.length > 0 &&
    last.every(({ alias }) => alias === ownAliasOf(sellerId))
  const backupGone = (made: Date) => made.getTime() + backupDays * dayMs
  // what took its place knows nothing of the alias of before
  const wrappedBefore = byKms
    .filter(({ isRewrapped, wrappedSha256, alias }) =>
      isRewrapped && (wrappedSha256 !== null || alias !== ownAliasOf(sellerId))
    )
    .map(({ wrappedAt }) => backupGone(new Date(wrappedAt)))
  const times = isOwn ? [keyDeletionAt.getTime(), ...wrappedBefore] : [backupGone(destroyedAt)]
  return {
    mode: isOwn ? 'own-kms-key' : 'shared-alias',
    irrevocableAt: new Date(Math.max(...times)).toISOString(),
    keyDeletionAt: keyDeletionAt?.toISOString() ?? null,
  }
}
