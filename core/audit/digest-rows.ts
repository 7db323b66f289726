/** The rows of digests: reading them, and writing the next one. */
import { z } from 'zod'
import { fromHex } from '../crypto/text.ts'
import type { Queries } from '../db/database.ts'
import { bytes as bound, command, sql } from '../db/sql.ts'
import type { DigestBody, SignedDigest } from './digest.ts'

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)
const DigestRow = z.object({ body: z.string(), signature: bytes, seqTo: z.int() })
export type DigestRow = Readonly<z.infer<typeof DigestRow>>

/** In their order, those that end behind `after` and not behind `until`. */
export const readDigests = (
  queries: Queries,
  sellerId: string,
  { after = 0, until = Number.MAX_SAFE_INTEGER, limit = 1_000 } = {},
): Promise<readonly DigestRow[]> =>
  queries.any(sql.type(DigestRow)`
    select body, signature, seq_to as "seqTo" from audit_digests
    where seller_id = ${sellerId} and seq_to > ${after} and seq_to <= ${until}
    order by seq_to limit ${limit}`)

/** Null: nothing was signed yet. */
export const readLastDigest = (queries: Queries, sellerId: string): Promise<DigestRow | null> =>
  queries.maybeOne(sql.type(DigestRow)`
    select body, signature, seq_to as "seqTo" from audit_digests
    where seller_id = ${sellerId} order by seq_from desc limit 1`)

/** False: another process has written one that begins there. */
export const insertDigest = async (
  queries: Queries,
  body: Omit<DigestBody, 'type'>,
  digest: SignedDigest,
): Promise<boolean> => {
  const { seller, from, to, events, signedAt, key } = body
  const inserted = await queries.run(command`
    insert into audit_digests (
      seller_id, seq_from, seq_to, events, head_hash, previous_hash, signed_at, key_id, body,
      signature
    ) values (
      ${seller}, ${from}, ${to}, ${events}, ${bound(fromHex(body.head))},
      ${bound(fromHex(body.previous))}, ${signedAt}, ${key}, ${digest.body},
      ${bound(digest.signature)}
    ) on conflict do nothing`)
  return inserted === 1
}
