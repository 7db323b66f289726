/** A digest: how a seller's chain stood at its last event, as text that is signed as it stands. */
import { z } from 'zod'
import { sha256Hex } from '../crypto/digest.ts'
import type { Verifier } from '../crypto/signing.ts'
import { fromHex } from '../crypto/text.ts'
import { canonicalJson } from './record.ts'
import type { KnownDigest } from './verify.ts'

/** In front of all other members in people's eyes: what was signed can be taken for nothing else. */
const digestType = 'robnu-audit-digest/1'

const Body = z.strictObject({
  type: z.literal(digestType),
  seller: z.string(),
  /** The events of this digest: the first, the last and how many. */
  from: z.int().min(1),
  to: z.int().min(1),
  events: z.int().min(1),
  /** The hash of the event `to`, in hex. */
  head: z.string().regex(/^[0-9a-f]{64}$/),
  /** SHA-256 of the body of the digest before, in hex; empty in the first. */
  previous: z.string().regex(/^(?:[0-9a-f]{64})?$/),
  signedAt: z.iso.datetime(),
  key: z.string(),
})
export type DigestBody = Readonly<z.infer<typeof Body>>
export interface SignedDigest {
  /** Canonical JSON. */
  readonly body: string
  /** Ed25519 over the UTF-8 of `body`. */
  readonly signature: Uint8Array
}

export const writeDigest = (body: Omit<DigestBody, 'type'>): string =>
  canonicalJson({ ...body, type: digestType })

/** Null for what is no digest of ours. */
export const readDigest = (text: string): DigestBody | null => {
  try {
    return Body.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** What the next digest names as the one before it. */
export const hashOfDigest = ({ body }: SignedDigest): string => sha256Hex(body)

/**
 * `digest-forged`: no key of the set has signed it · `digest-foreign`: it is of another seller ·
 * `digest-missing`: it does not begin where the one before ended, or was kept and is not there ·
 * `digest-unlinked`: it names another one before it · `digest-differs`: it is not the one that was
 * kept.
 */
type DigestFault =
  | 'digest-forged'
  | 'digest-foreign'
  | 'digest-missing'
  | 'digest-unlinked'
  | 'digest-differs'
export type DigestReport =
  | {
    readonly ok: true
    /** For `verifyChain`. */
    readonly known: readonly KnownDigest[]
    readonly last: DigestBody | null
  }
  /** `seq`: where the digest that is missing or bad begins. */
  | { readonly ok: false; readonly seq: number; readonly reason: DigestFault }

/** Takes all digests of a seller from the first on; those that were kept must be among them. */
export const checkDigests = (
  digests: readonly SignedDigest[],
  { verifier, sellerId, kept = [] }: {
    readonly verifier: Verifier
    readonly sellerId: string
    readonly kept?: readonly SignedDigest[]
  },
): DigestReport => {
  const known: KnownDigest[] = []
  const bodies = new Map<number, string>()
  let last: DigestBody | null = null
  let previous = ''
  const broken = (seq: number, reason: DigestFault) => ({ ok: false, seq, reason }) as const
  for (const digest of digests) {
    const next = (last?.to ?? 0) + 1
    const body = readDigest(digest.body)
    if (body === null || !verifier.verify(body.key, digest.body, digest.signature)) {
      return broken(next, 'digest-forged')
    }
    if (body.seller !== sellerId) return broken(next, 'digest-foreign')
    if (body.from !== next || body.events !== body.to - body.from + 1) {
      return broken(next, 'digest-missing')
    }
    if (body.previous !== previous) return broken(next, 'digest-unlinked')
    known.push({ to: body.to, head: fromHex(body.head) })
    bodies.set(body.from, digest.body)
    last = body
    previous = hashOfDigest(digest)
  }
  for (const { body } of kept) {
    const from = readDigest(body)?.from ?? 1
    const found = bodies.get(from)
    if (found === undefined) return broken(from, 'digest-missing')
    if (found !== body) return broken(from, 'digest-differs')
  }
  return { ok: true, known, last }
}
