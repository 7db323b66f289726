/** The keys: whether KMS makes them, and opens the ones that are in use. */
import { type Check, check, fault, leftOut, listed, ok, warning } from '../check.ts'

export interface Kms {
  /** AWS's word for why it does not answer; undefined: it does. */
  readonly ping: string | undefined
  readonly alias: string
  /** AWS's word for why no key was made under the alias; undefined: one was. */
  readonly make: string | undefined
  /** Why it was not opened again; undefined: it was. */
  readonly open: string | undefined
  /** It was opened under another context as well. */
  readonly opensAnyhow: boolean
  readonly makesMissing: boolean
  readonly perSeller: boolean
  /** The KMS key behind the alias; null: there is none, or we may not ask. */
  readonly key: KmsKey | null
}
interface KmsKey {
  /** AWS's word: `Enabled`, `Disabled`, `PendingDeletion`. */
  readonly state: string
  readonly deletionDate: Date | null
  /** Null: we may not ask. */
  readonly rotationEnabled: boolean | null
  readonly lastRotated: Date | null
}
export interface SellerKeys {
  /** Sellers with accounts, and without a key that seals. */
  readonly withoutKeys: number
  /** How many were tried, and why those that failed did. */
  readonly tried: number
  readonly failed: readonly string[]
  /** KMS keys behind the aliases of some of them: how many were looked at, and what is wrong with which. */
  readonly aliases: { readonly tried: number; readonly unwell: readonly string[] }
  /** Sellers with keys of before there were roots. */
  readonly beforeRoots: number
}

export const keyChecks: readonly Check[] = [
  check('kms', 'keys', [
    'kms-unreachable',
    'KMS answers',
    'Without it nothing can be sealed, and after five minutes nothing opened either: 503.',
    'Check AWS_REGION, AWS_ENDPOINT_URL, the credentials of the machine, and the way to AWS.',
  ], ({ ping }) => ping === undefined ? ok() : fault(ping)),
  check('kms', 'keys', [
    'kms-alias-missing',
    'A key can be made under the alias',
    'The first buyer of a new seller cannot be sealed: the sync stops before it stores a row.',
    'Make the key and its alias, allow kms:GenerateDataKey, or set ROBNU_KMS_CREATE_KEYS=true.',
  ], ({ ping, make, alias, makesMissing }) => {
    if (ping !== undefined) return leftOut('KMS does not answer')
    if (make === undefined) return ok(alias)
    if (make === 'NotFoundException') {
      return makesMissing ? ok(`${alias} is made at its first use`) : fault(`${alias} is not there`)
    }
    return fault(`${alias}: ${make}`)
  }),
  check('kms', 'keys', [
    'kms-key-switched-off',
    'The KMS key is switched on',
    'While it is off nothing can be sealed or opened: 503 for every seller within five minutes.',
    'Switch it on again: `aws kms enable-key`.',
  ], ({ key }) => {
    if (key === null) return leftOut('there is no key yet, or nobody may look at it')
    return key.state === 'Disabled' ? fault('it is disabled') : ok()
  }),
  check('kms', 'keys', [
    'kms-key-dying',
    'The KMS key is not to be deleted',
    'After that day nothing that was sealed opens ever again, for nobody, from no backup.',
    'Take it back before the day: `aws kms cancel-key-deletion`, then `aws kms enable-key`.',
  ], ({ key }) => {
    if (key === null) return leftOut('there is no key yet, or nobody may look at it')
    if (key.state !== 'PendingDeletion') return ok()
    return fault(`it will be deleted on ${key.deletionDate?.toISOString().slice(0, 10) ?? 'a day'}`)
  }),
  check('kms', 'keys', [
    'kms-key-not-rotated',
    'The KMS key gets new material every year',
    'Whoever once got hold of its material opens what it wraps for as long as it stays the same.',
    'Switch rotation on: `aws kms enable-key-rotation`. Keys that it wrapped still open.',
  ], ({ key }) => {
    if (key === null || key.rotationEnabled === null) {
      return leftOut('there is no key yet, or nobody may look at its rotation')
    }
    if (key.rotationEnabled) return ok()
    const last = key.lastRotated?.toISOString().slice(0, 10)
    return warning(
      last === undefined ? 'rotation is off' : `rotation is off; the last was on ${last}`,
    )
  }),
  check('kms', 'keys', [
    'kms-does-not-open',
    'What was wrapped can be opened',
    'Keys are made and never opened again: nothing that is sealed can be read.',
    'Allow kms:Decrypt on the key, and see that nobody has disabled it.',
  ], ({ make, open }) => {
    if (make !== undefined) return leftOut('no key was made to be opened')
    return open === undefined ? ok() : fault(open)
  }),
  check('kms', 'keys', [
    'kms-ignores-context',
    'A key opens for its own seller alone',
    'KMS opens a wrapped key under the name of another seller: a row that is moved opens there.',
    'Use AWS KMS, or an emulator that binds the encryption context.',
  ], ({ make, opensAnyhow }) => {
    if (make !== undefined) return leftOut('no key was made to be opened')
    return opensAnyhow ? fault('it was opened under another context') : ok()
  }),
  check(
    'kms',
    'keys',
    [
      'kms-key-for-each-seller',
      'Keys of single sellers are made by somebody',
      'Each seller has an alias of its own, and this process may not make one.',
      'Set ROBNU_KMS_CREATE_KEYS=true, or make the alias of each seller before it signs up.',
    ],
    ({ perSeller, makesMissing }) =>
      perSeller && !makesMissing
        ? warning('AWS_S3_PER_SELLER_KMS is on, and ROBNU_KMS_CREATE_KEYS is off')
        : ok(),
  ),
  check('sellerKeys', 'keys', [
    'seller-key-does-not-open',
    'The keys of sellers open',
    'Their buyers and credentials cannot be read: every sync of theirs ends in 503.',
    'Enable the KMS key again, cancel its deletion, or name the account and region that has it.',
  ], ({ tried, failed }) => {
    if (tried === 0) return leftOut('no seller has keys yet')
    return failed.length === 0
      ? ok(`${tried} tried`)
      : fault(`${failed.length} of ${tried}: ${failed[0]}`)
  }),
  check('sellerKeys', 'keys', [
    'seller-kms-key-unwell',
    'The KMS keys of single sellers are switched on and stay',
    'Such a seller is refused within five minutes, and for ever once its key is deleted.',
    'Enable it or cancel its deletion, unless the seller is leaving: `aws kms describe-key`.',
  ], ({ aliases: { tried, unwell } }) => {
    if (tried === 0) return leftOut('no seller has a key of its own')
    return unwell.length === 0 ? ok(`${tried} looked at`) : fault(listed(unwell))
  }),
  check('sellerKeys', 'keys', [
    'seller-keys-before-roots',
    'One call of KMS brings all keys of a seller',
    'Keys of before there were roots are a call each whenever they are loaded: slower, and dearer.',
    'Rotate those that `robnu keys status` names: `robnu keys rotate <seller id>`.',
  ], ({ beforeRoots }) => beforeRoots === 0 ? ok() : warning(`${beforeRoots} sellers have such`)),
  check('sellerKeys', 'keys', [
    'seller-key-missing',
    'Sellers with accounts have keys',
    'Credentials were sealed with a key whose row is gone: their accounts cannot be opened.',
    'Restore the rows of seller_keys from a backup, or have the accounts connected anew.',
  ], ({ withoutKeys }) => withoutKeys === 0 ? ok() : fault(`${withoutKeys} without`)),
]
