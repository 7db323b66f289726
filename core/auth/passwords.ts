/** Hashes and checks passwords: Argon2id with the parameters of the OWASP sheet. */
import { randomFillSync, timingSafeEqual } from 'node:crypto'
import { fault } from '../errors.ts'
import type { Random } from '../ids.ts'
import { type Argon2, systemArgon2 } from './argon2.ts'
import { type Argon2Params, formatPhc, parsePhc, type Phc } from './phc.ts'

export interface PasswordHasher {
  /** A PHC string. Throws `sign-in-throttled` when too many others wait. */
  readonly hash: (password: string) => Promise<string>
  /** False also for a stored text that is no PHC string of Argon2id. */
  readonly verify: (password: string, phc: string) => Promise<boolean>
  /** True when the stored text was made with less than today's parameters. */
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

/** `concurrency` hashes run at once, `maxWaiting` more wait, the next is refused. */
export const createPasswordHasher = ({
  argon2 = systemArgon2(),
  random = (bytes) => randomFillSync(bytes),
  concurrency = 2, // 19 MiB and one thread each; files and names want threads, too
  maxWaiting = 64, // some seconds of work
}: {
  readonly argon2?: Argon2
  readonly random?: Random
  readonly concurrency?: number
  readonly maxWaiting?: number
} = {}): PasswordHasher => {
  const inTurn = createTurns(concurrency, maxWaiting)
  const derive = (password: string, phc: Omit<Phc, 'hash'>, length: number) =>
    inTurn(() => argon2.derive({ ...phc, password: bytesOf(password), length }))
  return {
    hash: async (password) => {
      const phc = { ...params, salt: random(new Uint8Array(saltBytes)) }
      return formatPhc({ ...phc, hash: await derive(password, phc, hashBytes) })
    },
    verify: async (password, stored) => {
      const phc = parsePhc(stored)
      if (phc === undefined) return false
      return timingSafeEqual(phc.hash, await derive(password, phc, phc.hash.length))
    },
    needsRehash: (stored) => {
      const phc = parsePhc(stored)
      return phc === undefined || phc.memoryKib < params.memoryKib ||
        phc.passes < params.passes || phc.hash.length < hashBytes || phc.salt.length < saltBytes
    },
    close: argon2.close,
  }
}

/** One password typed on two keyboards is one password: NFKC, as NIST SP 800-63B advises. */
const bytesOf = (password: string): Uint8Array =>
  new TextEncoder().encode(password.normalize('NFKC'))

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
