/** The audit trail put together: what the API serves, and the sweeps that sign and send digests. */
import { createAnchors, createAnchorSecrets } from '../audit/anchors.ts'
import { deliverDigests } from '../audit/deliver.ts'
import { signDigests } from '../audit/sign-digests.ts'
import { createOpenings } from '../audit/openings.ts'
import { createAuditTrail } from '../audit/trail.ts'
import type { Config } from '../config.ts'
import { deriveKey } from '../crypto/derive.ts'
import { systemRandom } from '../crypto/random.ts'
import { createSigner, createVerifier } from '../crypto/signing.ts'
import type { Database } from '../db/database.ts'
import { createEgress } from '../egress.ts'
import type { AuditServices } from '../http/services.ts'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import { createObjects } from '../storage/objects.ts'

interface AuditDeps {
  readonly db: Database
  readonly config: Config
  readonly clock: () => Date
  readonly log: Log
}
interface AuditSweep {
  readonly id: string
  /** Five fields, Asia/Kolkata. */
  readonly cron: string
  readonly run: (signal: AbortSignal) => Promise<void>
}

const anchorSecretsOf = ({ ROBNU_SECRET }: Config) =>
  createAnchorSecrets(deriveKey(ROBNU_SECRET, 'audit-anchors'), systemRandom)

/** Throws when the configuration has no keys of the right kind; their private parts are not needed. */
export const auditServices = (
  { db, config, clock }: Omit<AuditDeps, 'log'>,
): AuditServices => ({
  trail: createAuditTrail(db, clock),
  openings: createOpenings(db),
  anchors: createAnchors({
    db,
    secrets: anchorSecretsOf(config),
    region: config.AWS_REGION,
    random: systemRandom,
    newId: () => newId(),
  }),
  keys: createVerifier(config.ROBNU_AUDIT_KEYS).publicKeys,
})

/** Digests are signed at five past the hour and leave soon after. Throws when no key can sign. */
export const auditSweeps = (
  { db, config, clock, log }: AuditDeps,
): { readonly sweeps: readonly AuditSweep[]; readonly close: () => void } => {
  const signer = createSigner(config.ROBNU_AUDIT_KEYS)
  const secrets = anchorSecretsOf(config)
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = config
  const objects = createObjects({ region, ...endpoint === undefined ? {} : { endpoint } })
  const { post } = createEgress()
  return {
    sweeps: [
      {
        id: 'audit-digests',
        cron: '5 * * * *',
        run: async () => {
          const swept = await signDigests(db, { signer, now: clock, log })
          log.info('sweep.audit-digests', { ...swept })
        },
      },
      {
        id: 'audit-delivery',
        cron: '*/5 * * * *',
        run: async (signal) => {
          const sent = { post, putObject: objects.put, secrets, now: clock, log, signal }
          log.info('sweep.audit-delivery', { ...await deliverDigests(db, sent) })
        },
      },
    ],
    close: objects.close,
  }
}
