/** What both verifiers say of a chain: that of the house, and the script that knows nothing of ours. */
import { type AuditHead, type AuditRow, readChain, readHead } from '#core/audit/chain.ts'
import { checkDigests, readDigest, type SignedDigest } from '#core/audit/digest.ts'
import { readDigests } from '#core/audit/digest-rows.ts'
import { digestLine, eventLine, headerLine } from '#core/audit/export-lines.ts'
import { type KnownDigest, verifyChain } from '#core/audit/verify.ts'
import type { Verifier } from '#core/crypto/signing.ts'
import { fromHex } from '#core/crypto/text.ts'
import type { Queries } from '#core/db/database.ts'

/** All that the database shows of a seller's trail. */
export interface Evidence {
  readonly sellerId: string
  readonly head: AuditHead | null
  readonly rows: readonly AuditRow[]
  readonly digests: readonly SignedDigest[]
}
export interface Named {
  readonly seq: number
  readonly since?: number
  readonly reason: string
}
export interface OfflineReport {
  readonly ok: boolean
  readonly events: number
  readonly provenTo: number
  readonly faults: readonly Named[]
  readonly notes: readonly string[]
}
/** What `scripts/verify-audit.mjs` exports. */
export interface OfflineScript {
  readonly verifyExport: (
    text: string | AsyncIterable<string>,
    options?: { readonly kept?: readonly unknown[]; readonly keys?: unknown },
  ) => Promise<OfflineReport>
  readonly readKept: (text: string) => readonly unknown[]
}

export const offlineScript = new URL('../../verify-audit.mjs', import.meta.url)
export const loadOffline = async (): Promise<OfflineScript> => await import(offlineScript.href)

export const readEvidence = async (queries: Queries, sellerId: string): Promise<Evidence> => {
  const head = await readHead(queries, sellerId)
  // all there is: also what a changed head does not speak of
  const rows = await Array.fromAsync(readChain(queries, sellerId))
  const digests = await readDigests(queries, sellerId)
  return { sellerId, head, rows, digests }
}

/** As `GET /v1/audit/export` writes it. */
export const exportOf = ({ sellerId, head, rows, digests }: Evidence): string =>
  [
    headerLine({
      ...{ sellerId, head, digests: digests.length, filtered: false },
      // behind the last digest
      exportedAt: new Date(Date.UTC(2026, 11, 31)),
    }),
    ...rows.map(eventLine),
    ...digests.map(digestLine),
    '',
  ].join('\n')

/** The first fault that the house finds, with the digests that the seller has kept; null: none. */
export const judge = async (
  { sellerId, head, rows, digests }: Evidence,
  kept: readonly SignedDigest[],
  verifier: Verifier,
): Promise<Named | null> => {
  const signed = checkDigests(digests, { verifier, sellerId, kept })
  const chain = await verifyChain(rows, head, { digests: kept.flatMap(knownOf) })
  // a bad event is told before a bad digest
  if (!chain.ok) return chain
  return signed.ok ? null : signed
}

const knownOf = ({ body }: SignedDigest): readonly KnownDigest[] => {
  const told = readDigest(body)
  return told === null ? [] : [{ to: told.to, head: fromHex(told.head) }]
}
