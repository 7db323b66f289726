/** Chains and digests made in memory, hashed anew so that nothing can be wrong together with core. */
import { Buffer } from 'node:buffer'
import { createHash, generateKeyPairSync } from 'node:crypto'
import type { AuditHead, AuditRow } from '../../core/audit/chain.ts'
import {
  hashOfDigest,
  readDigest,
  type SignedDigest,
  writeDigest,
} from '../../core/audit/digest.ts'
import { digestLine, eventLine, headerLine } from '../../core/audit/export-lines.ts'
import type { KnownDigest } from '../../core/audit/verify.ts'
import { createSigner, type Signer } from '../../core/crypto/signing.ts'
import { fromHex, toHex } from '../../core/crypto/text.ts'

const field = (value: string | null): Buffer => {
  if (value === null) return Buffer.from([255, 255, 255, 255])
  const length = Buffer.alloc(4)
  length.writeInt32BE(Buffer.byteLength(value))
  return Buffer.concat([length, Buffer.from(value)])
}

/** The row with the hash that its fields have. */
export const hashed = (row: Omit<AuditRow, 'hash'>): AuditRow => {
  const { sellerId, seq, at, actorKind, action, target, data } = row
  const { actorUserId, actorSuperAdminId, impersonationSessionId, apiKeyId, jobRunId } = row
  const fields = [sellerId, String(seq), at, actorKind, actorUserId, actorSuperAdminId]
    .concat([impersonationSessionId, apiKeyId, jobRunId, action, target, data])
  const hash = createHash('sha256').update(row.prevHash)
  for (const one of fields) hash.update(field(one))
  return { ...row, hash: new Uint8Array(hash.digest()) }
}

export const chainOf = (count: number, sellerId = 's'): AuditRow[] => {
  const rows: AuditRow[] = []
  for (let seq = 1; seq <= count; seq++) {
    rows.push(hashed({
      sellerId,
      seq,
      at: `2026-01-01T00:00:00.${String(seq).padStart(6, '0')}Z`,
      actorKind: seq % 2 ? 'user' : 'run',
      actorUserId: seq % 2 ? 'u' : null,
      actorSuperAdminId: null,
      impersonationSessionId: null,
      apiKeyId: null,
      jobRunId: seq % 2 ? null : 'r',
      action: 'page.stored',
      target: `नाम ${seq}`,
      data: `{"n":${seq}}`,
      prevHash: rows.at(-1)?.hash ?? new Uint8Array(),
    }))
  }
  return rows
}

/** Makes everything behind `from` rows fit together again, whatever it says now. */
export const relinked = (rows: readonly AuditRow[], from: number): AuditRow[] => {
  const done = rows.slice(0, from)
  for (const row of rows.slice(from)) {
    done.push(hashed({ ...row, prevHash: done.at(-1)?.hash ?? new Uint8Array() }))
  }
  return done
}

export const headOf = (rows: readonly AuditRow[]): AuditHead | null => {
  const last = rows.at(-1)
  return last ? { seq: last.seq, hash: last.hash } : null
}

export const newSigner = (kid = 'one'): Signer =>
  createSigner({
    keys: [{ ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid }],
  })

/** A digest for each so many events, an hour apart. */
export const digestsOf = (
  rows: readonly AuditRow[],
  signer: Signer,
  every: number,
): SignedDigest[] => {
  const digests: SignedDigest[] = []
  for (const row of rows.filter(({ seq }) => seq % every === 0)) {
    const last = digests.at(-1)
    const body = writeDigest({
      ...{ seller: row.sellerId, from: row.seq - every + 1, to: row.seq, events: every },
      head: toHex(row.hash),
      previous: last ? hashOfDigest(last) : '',
      signedAt: new Date(Date.UTC(2026, 0, 1, digests.length)).toISOString(),
      key: signer.keyId,
    })
    digests.push({ body, signature: signer.sign(body) })
  }
  return digests
}

/** What `verifyChain` takes of digests that were kept. */
export const knownOf = (digests: readonly SignedDigest[]): KnownDigest[] =>
  digests.map(({ body }) => {
    const told = readDigest(body)
    if (!told) throw new Error('Expected a digest')
    return { to: told.to, head: fromHex(told.head) }
  })

/** The text of an export that was made after all digests. */
export const exportText = (
  rows: readonly AuditRow[],
  digests: readonly SignedDigest[],
  header: Partial<Parameters<typeof headerLine>[0]> = {},
): string =>
  [
    headerLine({
      ...{ sellerId: 's', head: headOf(rows), digests: digests.length, filtered: false },
      exportedAt: new Date(Date.UTC(2026, 5, 1)),
      ...header,
    }),
    ...rows.map(eventLine),
    ...digests.map(digestLine),
    '',
  ].join('\n')
