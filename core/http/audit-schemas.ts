/** The shapes of the audit trail's answers, with an invented example of each. */
import { z } from '@hono/zod-openapi'
import { exampleIds, Id } from './schemas.ts'

const at = '2026-01-31T10:15:00.000Z'
const Time = z.date().openapi({ type: 'string', format: 'date-time', example: at })
const TimeOrNull = z.date().nullable().openapi({
  type: ['string', 'null'],
  format: 'date-time',
  example: at,
})
const IdOrNull = z.guid().nullable().openapi({ type: ['string', 'null'], format: 'uuid' })
const Seq = z.int().min(1).openapi({ description: 'The place in the chain, without gaps' })
const hex = (description: string) => z.string().openapi({ description })

export const AuditEvent = z.object({
  seq: Seq,
  at: Time,
  action: z.string(),
  sentence: z.string().openapi({ description: 'What the action says to people' }),
  target: z.string().openapi({ description: '`<thing>:<id>`' }),
  data: z.record(z.string(), z.unknown()).readonly().openapi({
    description: 'Ids, counts and codes; never data of a buyer',
  }),
  actor: z.object({
    kind: z.string().openapi({ description: 'user, key, staff, run or system' }),
    user_id: IdOrNull,
    super_admin_id: IdOrNull,
    impersonation_session_id: IdOrNull,
    api_key_id: IdOrNull,
    job_run_id: IdOrNull,
  }),
  hash: hex('SHA-256 over the hash of the event before and all fields of this one, in hex'),
}).openapi('AuditEvent')

export const AuditDigest = z.object({
  seq_from: Seq,
  seq_to: Seq,
  events: z.int().min(1),
  signed_at: z.string().openapi({ format: 'date-time' }),
  key: z.string().openapi({ description: 'The `kid` of the key, of GET /v1/audit/keys' }),
  head: hex('The hash of the event `seq_to`, in hex'),
  previous: hex('SHA-256 of the body of the digest before, in hex; empty in the first'),
  body: z.string().openapi({ description: 'What is signed, as it stands: keep it' }),
  signature: hex('Ed25519 over `body`, in hex: keep it'),
}).openapi('AuditDigest')

export const AuditKeys = z.object({
  keys: z.array(z.object({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    x: z.string(),
    kid: z.string(),
    alg: z.literal('EdDSA'),
    use: z.literal('sig'),
  })).readonly(),
}).openapi('AuditKeys')

export const AuditAnchor = z.object({
  id: Id,
  kind: z.enum(['hook', 'bucket']),
  url: z.string().nullable(),
  bucket: z.string().nullable(),
  region: z.string().nullable(),
  bucket_owner: z.string().nullable(),
  created_at: Time,
  sent_seq: z.int().min(0).openapi({
    description: 'The last event whose digest has arrived; 0 when none has',
  }),
  last_sent_at: TimeOrNull,
  attempts: z.int().min(0).openapi({ description: 'Deliveries that failed since' }),
  last_error: z.string().nullable(),
  next_try_at: Time,
}).openapi('AuditAnchor')

export const NewAuditAnchor = AuditAnchor.extend({
  secret: z.string().nullable().openapi({
    description: 'The signing secret of a hook (`whsec_…`), told this once; null otherwise',
  }),
}).openapi('NewAuditAnchor')

const digest = 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184'
export const auditEventExample = {
  seq: 42,
  at,
  action: 'user.role-changed',
  sentence: 'The role of a person was changed',
  target: `user:${exampleIds.user}`,
  data: { from: 'VIEWER', to: 'OPERATOR' },
  actor: {
    kind: 'user',
    user_id: exampleIds.user,
    super_admin_id: null,
    impersonation_session_id: null,
    api_key_id: null,
    job_run_id: null,
  },
  hash: digest,
}
export const auditDigestExample = {
  seq_from: 1,
  seq_to: 42,
  events: 42,
  signed_at: at,
  key: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  head: digest,
  previous: '',
  body: '{"events":42,"from":1,…}',
  signature: digest.repeat(2),
}
export const auditKeysExample = {
  keys: [{
    kty: 'OKP',
    crv: 'Ed25519',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    alg: 'EdDSA',
    use: 'sig',
  }],
}
export const auditAnchorExample = {
  id: exampleIds.item,
  kind: 'bucket',
  url: null,
  bucket: 'seller-trail',
  region: 'ap-south-1',
  bucket_owner: '123456789012',
  created_at: at,
  sent_seq: 42,
  last_sent_at: at,
  attempts: 0,
  last_error: null,
  next_try_at: at,
}
