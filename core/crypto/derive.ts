/** Keys for one use each, made of the process's one secret. */
import { hkdfSync } from 'node:crypto'

/** 32 bytes by HKDF-SHA256; another purpose gives an unrelated key. */
export const deriveKey = (secret: string, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, 'robnu', purpose, 32))
