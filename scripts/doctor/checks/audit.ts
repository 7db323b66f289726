/** The audit trail: whether it is whole, signed and on its way to those who do not trust us. */
import { type Check, check, fault, ok, warning } from '../check.ts'

export interface Audit {
  /** Sellers whose head is not what the last digest was signed over. */
  readonly headsApart: number
  /** Sellers with events older than two hours behind their last digest. */
  readonly undigested: number
  /** Anchors that have failed several times in a row. */
  readonly undelivered: number
  readonly anchors: number
  /** Digests that were signed with a key of no set of ours. */
  readonly unknownKeys: number
}

export const auditChecks: readonly Check[] = [
  check('audit', 'audit', [
    'audit-head-apart',
    'The trails end where their digests say',
    'Events were taken away after they had been signed: somebody has changed the trail.',
    'Stop, keep the database as it is, and run `robnu audit verify`.',
  ], ({ headsApart }) => headsApart === 0 ? ok() : fault(`${headsApart} sellers`)),
  check(
    'audit',
    'audit',
    [
      'audit-not-signed',
      'Events are signed within two hours',
      'What is not signed can be changed by whoever rules the database, and nobody sees it.',
      'See that sweeps run, and that ROBNU_AUDIT_KEYS has a key that signs.',
    ],
    ({ undigested }) => undigested === 0 ? ok() : warning(`of ${undigested} sellers they are not`),
  ),
  check(
    'audit',
    'audit',
    [
      'audit-not-delivered',
      'Digests reach the places of the sellers',
      'A place that refuses them holds no proof; they are tried again for as long as it exists.',
      'Tell the sellers: GET /v1/audit/anchors says why.',
    ],
    ({ undelivered, anchors }) =>
      undelivered === 0 ? ok() : warning(`${undelivered} of ${anchors} places`),
  ),
  check('audit', 'audit', [
    'audit-key-dropped',
    'Old digests can still be verified',
    'Digests were signed with a key that is not in ROBNU_AUDIT_KEYS any more: they fail to verify.',
    'Put the old key back behind the one that signs; its private part is not needed.',
  ], ({ unknownKeys }) => unknownKeys === 0 ? ok() : fault(`${unknownKeys} keys are missing`)),
]
