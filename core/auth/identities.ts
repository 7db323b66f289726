/** People, as sign-in knows them: read through the gate, whatever sellers they work for. */
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import type { UserPrincipal } from './principal.ts'

export interface Identity {
  readonly id: string
  /** As `normalEmail` writes it. */
  readonly email: string
  readonly passwordHash: string
  /** Sealed. Null: none was ever set up, or it was taken away. */
  readonly totpSecret: Uint8Array | null
  /** False while the second factor is not confirmed. */
  readonly hasTotp: boolean
}
/** The person of a live session. */
export interface Account extends Identity {
  /** When the person last proved who they are, after the sign-in. */
  readonly steppedUpAt: Date | null
}

const Row = z.object({
  identity_id: z.string(),
  email: z.string(),
  password_hash: z.string(),
  totp_secret_enc: z.instanceof(Uint8Array).nullable(),
  has_totp: z.boolean(),
})
const AccountRow = Row.extend({ stepped_up_at: z.date().nullable() })

export const findIdentity = async (
  db: Pick<Database, 'gate'>,
  email: string,
): Promise<Identity | null> => {
  // no text of PostgreSQL holds it, so no address does
  if (email.includes('\0')) return null
  const row = await db.gate.maybeOne(sql.type(Row)`
    select identity_id, email, password_hash, totp_secret_enc, has_totp
    from auth_identity(${email})`)
  return row === null ? null : identityOf(row)
}

/** Null when the session is over. */
export const findAccount = async (
  db: Pick<Database, 'gate'>,
  { sellerId, sessionId }: UserPrincipal,
): Promise<Account | null> => {
  const row = await db.gate.maybeOne(sql.type(AccountRow)`
    select identity_id, email, password_hash, totp_secret_enc, has_totp, stepped_up_at
    from auth_account(${sellerId}, ${sessionId})`)
  return row === null ? null : { ...identityOf(row), steppedUpAt: row.stepped_up_at }
}

const identityOf = (row: z.infer<typeof Row>): Identity => ({
  id: row.identity_id,
  email: row.email,
  passwordHash: row.password_hash,
  totpSecret: row.totp_secret_enc,
  hasTotp: row.has_totp,
})
