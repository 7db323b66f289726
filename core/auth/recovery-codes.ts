/** Codes that stand in for a lost second factor: shown once, each good once. */
import { createHash, randomFillSync } from 'node:crypto'
import type { Random } from '../ids.ts'
import { base32 } from './totp.ts'

const count = 10
const codeBytes = 15 // 120 bits: a plain digest keeps them, ASVS 6.5.2

/** 'abcd-efgh-…', six groups of four. */
export const newRecoveryCodes = (
  random: Random = (bytes) => randomFillSync(bytes),
): readonly string[] =>
  Array.from({ length: count }, () => {
    const letters = base32(random(new Uint8Array(codeBytes))).toLowerCase()
    return (letters.match(/.{4}/g) ?? []).join('-')
  })

/** What is kept of a code; however its groups are typed. */
export const recoveryCodeDigest = (identityId: string, code: string): Uint8Array =>
  new Uint8Array(
    createHash('sha256')
      .update(`${identityId} ${code.toLowerCase().replaceAll(/[^a-z2-7]/g, '')}`).digest(),
  )
