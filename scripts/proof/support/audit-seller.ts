/** A seller with a chain and digests of it, for proofs and tests that tamper with both. */
import { generateKeyPairSync } from 'node:crypto'
import { readLastDigest } from '#core/audit/digest-rows.ts'
import { signDigests } from '#core/audit/sign-digests.ts'
import { createSigner, type Signer } from '#core/crypto/signing.ts'
import type { Database } from '#core/db/database.ts'
import { command } from '#core/db/sql.ts'
import { newId } from '#core/ids.ts'
import { silentLog } from '#core/log.ts'

export const newSigner = (): Signer =>
  createSigner({
    keys: [{
      ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
      kid: newId(),
    }],
  })

export const makeAuditSeller = (db: Database): Promise<string> =>
  db.withPlatformScope('proof', async (tx) => {
    const [orgId, sellerId] = [newId(), newId()]
    await tx.run(command`insert into orgs (id, name) values (${orgId}, 'Robnu')`)
    await tx.run(command`
      insert into sellers (id, org_id, name) values (${sellerId}, ${orgId}, ${`Seller ${sellerId}`})`)
    return sellerId
  })

/** The row of the head is as many versions long as events are appended in one transaction. */
const atOnce = 250

const append = (db: Database, sellerId: string, from: number, to: number): Promise<number> =>
  db.withPlatformScope('proof', (tx) =>
    tx.run(command`
      select audit_append(${sellerId}, 'proof.wrote', 'thing:' || i,
        json_build_object('i', i, 'text', repeat('x', (i % 90)::int4))::text)
      from generate_series(${from}::int8, ${to}::int8) as i`))

/** Appends events, and signs a digest after each `every` of them: an hour passes. Gives their ends. */
export const signEvery = async (
  db: Database,
  { sellerId, signer, events, every }: {
    readonly sellerId: string
    readonly signer: Signer
    readonly events: number
    readonly every: number
  },
): Promise<readonly number[]> => {
  const ends: number[] = []
  for (let end = every; end <= events; end += every) {
    for (let from = end - every + 1; from <= end; from += atOnce) {
      await append(db, sellerId, from, Math.min(from + atOnce - 1, end))
    }
    const now = () => new Date(Date.UTC(2026, 0, 1, ends.length))
    await signDigests(db, { signer, now, log: silentLog })
    const last = await db.withPlatformScope('proof', (tx) => readLastDigest(tx, sellerId))
    if (last?.seqTo !== end) throw new Error(`No digest was signed at event ${end}`)
    ends.push(end)
  }
  return ends
}
