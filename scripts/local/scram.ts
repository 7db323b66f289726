/** PostgreSQL's stored form of a password, made here so that the password itself never travels in a statement. */
import { Buffer } from 'node:buffer'
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

const iterations = 4096 // PostgreSQL's own default; the passwords are 32 random bytes

/** What `create role … password '…'` takes in place of a password (RFC 5803). */
export const scramVerifier = (password: string, salt: Uint8Array = randomBytes(16)): string => {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const hmac = (text: string): Uint8Array => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64')
  const server = Buffer.from(hmac('Server Key')).toString('base64')
  const shownSalt = Buffer.from(salt).toString('base64')
  return `SCRAM-SHA-256$${iterations}:${shownSalt}$${stored}:${server}`
}
