/** An export as text: JSON lines that `scripts/verify-audit.mjs` reads, bytes as hex. */
import { toHex } from '../crypto/text.ts'
import type { AuditHead, AuditRow } from './chain.ts'
import type { SignedDigest } from './digest.ts'

/** The first line. With filters the rows are some of the chain, and say nothing of the others. */
export const headerLine = (header: {
  readonly sellerId: string
  readonly exportedAt: Date
  readonly head: AuditHead | null
  readonly digests: number
  readonly filtered: boolean
}): string =>
  JSON.stringify({
    type: 'export',
    format: 'robnu-audit/1',
    sellerId: header.sellerId,
    exportedAt: header.exportedAt.toISOString(),
    head: header.head && { seq: header.head.seq, hash: toHex(header.head.hash) },
    digests: header.digests,
    filtered: header.filtered,
  })

export const eventLine = (row: AuditRow): string =>
  JSON.stringify({ type: 'event', ...row, prevHash: toHex(row.prevHash), hash: toHex(row.hash) })

/** Also what is sent to the places of a seller, and kept there. */
export const digestLine = ({ body, signature }: SignedDigest): string =>
  JSON.stringify({ type: 'digest', body, signature: toHex(signature) })
