/** Runs in a thread of its own: one Argon2id at a time, in WebAssembly. */
import { parentPort } from 'node:worker_threads'
import { argon2id } from 'hash-wasm'
import type { Argon2Job } from './argon2.ts'

/** What comes back: the hash, or why there is none. */
export type Argon2Answer = { readonly hash: Uint8Array } | { readonly error: string }

const answer = async (job: Argon2Job): Promise<Argon2Answer> => {
  try {
    const hash = await argon2id({
      password: job.password,
      salt: job.salt,
      memorySize: job.memoryKib,
      iterations: job.passes,
      parallelism: job.lanes,
      hashLength: job.length,
      outputType: 'binary',
    })
    return { hash }
  } catch (error) {
    return { error: String(error) }
  }
}

parentPort?.on('message', (job: Argon2Job) => {
  void answer(job).then((found) => parentPort?.postMessage(found))
})
