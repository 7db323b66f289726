/** Codes of authenticator apps: RFC 6238 with what all of them can do (SHA-1, 6 digits, 30 s). */
import { createHmac, randomFillSync, timingSafeEqual } from 'node:crypto'
import { Buffer } from 'node:buffer'
import type { Random } from '../ids.ts'

const stepSeconds = 30
const digits = 6
const secretBytes = 20 // RFC 4226: as many as the hash has

export const newTotpSecret = (random: Random = (bytes) => randomFillSync(bytes)): Uint8Array =>
  random(new Uint8Array(secretBytes))

/**
 * The time step that the code belongs to: this one, or one next to it, for clocks that differ.
 * Undefined for a wrong code. Whether the step has been used before is for the caller to ask.
 */
export const totpStepOf = (secret: Uint8Array, code: string, now: Date): number | undefined => {
  if (!/^\d{6}$/.test(code)) return undefined
  const given = Buffer.from(code)
  const current = Math.floor(now.getTime() / 1000 / stepSeconds)
  let found: number | undefined
  // all three are always made: the time does not tell which one it was
  for (const step of [current - 1, current, current + 1]) {
    if (timingSafeEqual(given, Buffer.from(totpCode(secret, step)))) found = step
  }
  return found
}

/** RFC 4226, 5.3. */
export const totpCode = (secret: Uint8Array, step: number): string => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const at = (mac.at(-1) ?? 0) & 0x0f
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 10 ** digits).padStart(digits, '0')
}

/** What a QR code shows to an app. */
export const totpUri = (
  secret: Uint8Array,
  { issuer, account }: { readonly issuer: string; readonly account: string },
): string => {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  const params = `secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}`
  return `otpauth://totp/${label}?${params}&algorithm=SHA1&digits=${digits}&period=${stepSeconds}`
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648, without padding. */
export const base32 = (bytes: Uint8Array): string => {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8 | byte) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[value >> bits - 5 & 31]
  }
  return bits === 0 ? text : text + alphabet[value << 5 - bits & 31]
}
