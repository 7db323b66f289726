/** The shred certificate: what was destroyed, how it was tried, and from when on it is for ever; signed. */
import { z } from 'zod'
import { canonicalJson } from '../../audit/record.ts'
import { longestKeyMs } from '../../crypto/keyring.ts'
import type { Signer } from '../../crypto/signing.ts'
import type { Facts, Offboarding } from './rows.ts'
import type { Trial } from './trials.ts'

/** In front of all other members in people's eyes: what was signed can be taken for nothing else. */
const certificateType = 'robnu-shred-certificate/1'

const count = z.int().min(0)
const counts = z.record(z.string(), count)
const at = z.iso.datetime()
/** Names the seller, and no buyer: ids, counts, digests and times. */
const Certificate = z.strictObject({
  type: z.literal(certificateType),
  id: z.string(),
  org: z.string(),
  seller: z.string(),
  /** Which KMS key wrapped the seller's keys: what makes the destruction final. */
  mode: z.enum(['own-kms-key', 'shared-alias']),
  requestedAt: at,
  /** When the OWNERs were told for the last time: two days before, or more. */
  noticeAt: at,
  closedAt: at,
  destroyedAt: at,
  issuedAt: at,
  /** From then on neither a backup nor KMS brings a key back. */
  irrevocableAt: at,
  /** Of the seller's own KMS key; null: it has none. */
  kmsKeyDeletionAt: at.nullable(),
  /** Every key that had its bytes, with the SHA-256 of what KMS or the seller's root had wrapped. */
  keys: z.array(z.strictObject({
    purpose: z.string(),
    version: z.int(),
    alias: z.string().nullable(),
    wrappedSha256: z.string(),
  })),
  /** How many keys have bytes in the database. */
  keysLeft: z.literal(0),
  /** Values that opened before, tried by each process afterwards. */
  sample: z.strictObject({
    values: count,
    openedBefore: count,
    places: counts,
    sha256: z.string(),
    unreadableBefore: count,
  }),
  trials: z.array(z.strictObject({
    process: z.string(),
    parts: z.string(),
    heardAfterMs: z.number(),
    tried: count,
    opened: z.literal(0),
    mostOpened: count,
  })),
  /**
   * Processes that were there, or not long before, and have said nothing: they let go by the age of keys.
   * Null: the keys were destroyed by a release that did not look.
   */
  silent: z.array(z.strictObject({ process: z.string(), parts: z.string(), seenAt: at }))
    .nullable(),
  /** By the one that shredded, after every key that anybody may have held was past its age. */
  lastTrial: z.strictObject({
    waitedMs: z.number(),
    /** The longest that the bytes of a key stay in a process that hears nothing. */
    keyAgeMs: z.number(),
    tried: count,
    opened: z.literal(0),
  }),
  /** Rows with sealed values, by table: they stay, and nobody reads them. */
  rows: counts,
  /** Blind indexes and credentials that were emptied, by column. */
  emptied: counts,
  /** Files that were removed with all their versions. */
  objects: count,
  /** People, sessions, API keys and the like that were shut out. */
  closed: counts,
  key: z.string(),
})

/**
 * Its text, which is signed as it stands. Null: something opened, so that there is nothing to certify.
 * Throws for an offboarding that has not come so far.
 */
export const writeCertificate = (
  { id, sellerId, requestedAt, noticeAt, closedAt, destroyedAt, facts }: Offboarding,
  { org, trials, signer, now }: {
    readonly org: string
    readonly trials: readonly Trial[]
    readonly signer: Pick<Signer, 'keyId'>
    readonly now: Date
  },
): string | null => {
  const { sample, rows, keys, cleared, objects, kms, proved, closed } = facts
  if (trials.some(({ opened }) => opened > 0)) return null
  const text = (time: Date | null) => time?.toISOString()
  return canonicalJson(Certificate.parse({
    ...{ type: certificateType, id, org, seller: sellerId, mode: kms?.mode },
    ...{ requestedAt: text(requestedAt), noticeAt: text(noticeAt), closedAt: text(closedAt) },
    ...{ destroyedAt: text(destroyedAt), issuedAt: text(now), irrevocableAt: kms?.irrevocableAt },
    kmsKeyDeletionAt: kms?.keyDeletionAt,
    keys: keys?.flatMap(({ purpose, version, alias, wrappedSha256 }) =>
      wrappedSha256 === null ? [] : [{ purpose, version, alias, wrappedSha256 }]
    ),
    keysLeft: proved?.keysLeft,
    sample: sample && {
      ...{ values: sample.values, openedBefore: sample.values, places: sample.places },
      ...{ sha256: sample.sha256, unreadableBefore: sample.unreadable },
    },
    trials,
    silent: silentOf(facts, trials),
    lastTrial: proved && {
      ...{ waitedMs: proved.waitedMs, keyAgeMs: proved.keyAgeMs ?? longestKeyMs },
      ...{ tried: proved.tried, opened: proved.opened },
    },
    ...{ rows, objects, closed, emptied: cleared, key: signer.keyId },
  }))
}

/** Of those that were there, those that have not tried. */
export const silentOf = (
  { processes }: Pick<Facts, 'processes'>,
  trials: readonly Pick<Trial, 'process'>[],
): NonNullable<Facts['processes']> | null =>
  processes?.filter((one) => !trials.some(({ process }) => process === one.process)) ?? null

/** As it goes out, in a file or a mail: the signed text with its signature. */
export const certificateFile = (text: string, signature: Uint8Array): string =>
  `${JSON.stringify({ body: text, signature: base64(signature) }, null, 2)}\n`

const base64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
