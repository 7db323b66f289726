/** Tokens that go out by mail: who brings one back reads that mailbox. Good once, and for a time. */
import { Buffer } from 'node:buffer'
import { createHash, randomFillSync } from 'node:crypto'
import { z } from 'zod'
import type { Tx } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import type { Random } from '../ids.ts'

export type MailTokenPurpose = 'SIGN_UP' | 'PASSWORD_RESET'

export interface TakenMailToken {
  readonly email: string
  /** Null where nobody was known by the address yet. */
  readonly identityId: string | null
  /** What was given to `makeMailToken`. */
  readonly data: Readonly<Record<string, unknown>>
}

const tokenBytes = 32
const Taken = z.object({
  email: z.string(),
  identity_id: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
})

/** In a platform scope. The text for the mail; only its digest is kept. */
export const makeMailToken = async (
  tx: Tx,
  { purpose, email, identityId = null, data = {}, lifeMs }: {
    readonly purpose: MailTokenPurpose
    /** As `normalEmail` writes it. */
    readonly email: string
    readonly identityId?: string | null
    readonly data?: Readonly<Record<string, unknown>>
    readonly lifeMs: number
  },
  { now, random = (bytes) => randomFillSync(bytes) }: {
    readonly now: () => Date
    readonly random?: Random
  },
): Promise<string> => {
  const token = Buffer.from(random(new Uint8Array(tokenBytes))).toString('base64url')
  const at = now()
  const expires = new Date(at.getTime() + lifeMs).toISOString()
  // addresses of people who never came back are not kept
  await tx.run(command`
    delete from mail_tokens where expires_at < ${at.toISOString()}::timestamptz - interval '1 day'`)
  await tx.run(command`
    insert into mail_tokens (token_hash, purpose, email, identity_id, data, created_at, expires_at)
    values (${bytes(digestOf(token))}, ${purpose}, ${email}, ${identityId}, ${
    JSON.stringify(data)
  }::jsonb, ${at.toISOString()}, ${expires})`)
  return token
}

/** In a platform scope. The same as `takeMailToken`, and the token stays good. */
export const findMailToken = async (
  tx: Tx,
  purpose: MailTokenPurpose,
  token: string,
  now: () => Date,
): Promise<TakenMailToken | null> => {
  const row = await tx.maybeOne(sql.type(Taken)`
    select email, identity_id, data from mail_tokens
    where token_hash = ${bytes(digestOf(token))} and purpose = ${purpose}
      and used_at is null and expires_at > ${now().toISOString()}`)
  return row === null ? null : takenOf(row)
}

/** In a platform scope. Null for what is unknown, used, over, or meant for something else. */
export const takeMailToken = async (
  tx: Tx,
  purpose: MailTokenPurpose,
  token: string,
  now: () => Date,
): Promise<TakenMailToken | null> => {
  const at = now().toISOString()
  // two who bring it at once wait for each other here, and the second finds it used
  const row = await tx.maybeOne(sql.type(Taken)`
    update mail_tokens set used_at = ${at}
    where token_hash = ${bytes(digestOf(token))} and purpose = ${purpose}
      and used_at is null and expires_at > ${at}
    returning email, identity_id, data`)
  return row === null ? null : takenOf(row)
}

/** In a platform scope: the other links of this purpose are good no more. */
export const voidMailTokens = async (
  tx: Tx,
  purpose: MailTokenPurpose,
  email: string,
): Promise<void> => {
  await tx.run(command`delete from mail_tokens where purpose = ${purpose} and email = ${email}`)
}

const takenOf = (row: z.infer<typeof Taken>): TakenMailToken => ({
  email: row.email,
  identityId: row.identity_id,
  data: row.data,
})

const digestOf = (token: string): Uint8Array =>
  new Uint8Array(createHash('sha256').update(token).digest())
