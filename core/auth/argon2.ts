/** Argon2id off the main thread: one port, and an engine for each runtime. */
import * as crypto from 'node:crypto'
import type { Argon2Params } from './phc.ts'
import { workerArgon2 } from './argon2-pool.ts'

export interface Argon2Job extends Argon2Params {
  readonly password: Uint8Array
  readonly salt: Uint8Array
  /** Of the hash, in bytes. */
  readonly length: number
}
export interface Argon2 {
  /** As many jobs run at once as the engine is asked for. */
  readonly derive: (job: Argon2Job) => Promise<Uint8Array>
  readonly close: () => Promise<void>
}

/** The runtime's own, on its thread pool; undefined where it has none (Deno, Node before 24.7). */
export const nativeArgon2 = (): Argon2 | undefined => {
  // absent members of a namespace are undefined, whatever the types of the newest runtime say
  const argon2: typeof crypto.argon2 | undefined = crypto.argon2
  if (typeof argon2 !== 'function') return undefined
  return {
    derive: ({ password, salt, memoryKib, passes, lanes, length }) =>
      new Promise((resolve, reject) => {
        const params = {
          message: password,
          nonce: salt,
          memory: memoryKib,
          passes,
          parallelism: lanes,
          tagLength: length,
        }
        argon2('argon2id', params, (error, key) => error ? reject(error) : resolve(key))
      }),
    close: () => Promise.resolve(),
  }
}

/** The faster engine of the two that this runtime has. */
export const systemArgon2 = (): Argon2 => nativeArgon2() ?? workerArgon2()
