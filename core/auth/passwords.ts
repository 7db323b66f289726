/** Hashes and checks passwords: Argon2id with the parameters of the OWASP sheet. */
import { createHmac, randomFillSync, timingSafeEqual } from 'node:crypto'
import type { NumberedSecrets } from '../crypto/numbered.ts'
import { fault } from '../errors.ts'
import type { Random } from '../ids.ts'
import { type Argon2, systemArgon2 } from './argon2.ts'
import { normalPassword } from './password-rules.ts'
import { type Argon2Params, formatPhc, parsePhc, type Phc } from './phc.ts'

export interface PasswordHasher {
  /** A PHC string. Throws `sign-in-throttled` when too many others wait. */
  readonly hash: (password: string) => Promise<string>
  /** False also for a stored text that is no PHC string of Argon2id. */
  readonly verify: (password: string, phc: string) => Promise<boolean>
  /** True when the stored text was made with less than today's parameters, or another pepper. */
  readonly needsRehash: (phc: string) => boolean
  readonly close: () => Promise<void>
}

const params: Argon2Params = { memoryKib: 19_456, passes: 2, lanes: 1 }
const saltBytes = 16
const hashBytes = 32

/** No password has it. Checking against it costs what a real check costs. */
export const nobodysPhc: string = formatPhc({
  ...params,
  salt: new Uint8Array(saltBytes),
  hash: new Uint8Array(hashBytes),
})

/**
 * `concurrency` hashes run at once, `maxWaiting` more wait, the next is refused. With `secrets` a
 * password goes through HMAC-SHA256 first, under a key that the database does not have: who steals
 * or writes its rows can neither guess passwords nor make hashes.
 */
export const createPasswordHasher = ({
  secrets,
  argon2 = systemArgon2(),
  random = (bytes) => randomFillSync(bytes),
  concurrency = 2, // 19 MiB and one thread each; files and names want threads, too
  maxWaiting = 64, // some seconds of work
}: {
  readonly secrets?: NumberedSecrets
  readonly argon2?: Argon2
  readonly random?: Random
  readonly concurrency?: number
  readonly maxWaiting?: number
} = {}): PasswordHasher => {
  const inTurn = createTurns(concurrency, maxWaiting)
  const derive = (
    { memoryKib, passes, lanes, salt }: Omit<Phc, 'hash'>,
    password: Uint8Array,
    length: number,
  ) => inTurn(() => argon2.derive({ memoryKib, passes, lanes, salt, password, length }))
  const keyOf = (pepper: number) => secrets?.keyFor(pepper, 'password-pepper')
  return {
    hash: async (password) => {
      const pepper = secrets?.current
      const phc = { ...params, salt: random(new Uint8Array(saltBytes)), pepper }
      const key = pepper === undefined ? undefined : keyOf(pepper)
      return formatPhc({ ...phc, hash: await derive(phc, peppered(password, key), hashBytes) })
    },
    verify: async (password, stored) => {
      const phc = parsePhc(stored)
      if (phc === undefined) return false
      const key = phc.pepper === undefined ? undefined : keyOf(phc.pepper)
      const found = await derive(phc, peppered(password, key), phc.hash.length)
      // a pepper that is gone takes the passwords with it, in the same time as a wrong password
      if (phc.pepper !== undefined && key === undefined) return false
      return timingSafeEqual(phc.hash, found)
    },
    needsRehash: (stored) => {
      const phc = parsePhc(stored)
      return phc === undefined || phc.memoryKib < params.memoryKib ||
        phc.passes < params.passes || phc.hash.length < hashBytes || phc.salt.length < saltBytes ||
        secrets !== undefined && phc.pepper !== secrets.current
    },
    close: argon2.close,
  }
}

const peppered = (password: string, key: Uint8Array | undefined): Uint8Array => {
  const text = new TextEncoder().encode(normalPassword(password))
  return key === undefined ? text : new Uint8Array(createHmac('sha256', key).update(text).digest())
}

const createTurns = (concurrency: number, maxWaiting: number) => {
  const waiting: (() => void)[] = []
  let running = 0
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= concurrency) {
      if (waiting.length >= maxWaiting) throw fault('sign-in-throttled', { retryAfterSeconds: 5 })
      // the turn is handed over, so that nobody slips in between
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
