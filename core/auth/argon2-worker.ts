/** Runs in a thread of its own: one Argon2id at a time, in WebAssembly. */
import v8 from 'node:v8'
import vm from 'node:vm'
import { parentPort } from 'node:worker_threads'
import { argon2id } from 'hash-wasm'
import type { Argon2Job } from './argon2.ts'

/** What comes back: the hash, or why there is none; and whether the memory of the job is given back. */
export type Argon2Answer =
  & ({ readonly hash: Uint8Array } | { readonly error: string })
  & { readonly isTidy: boolean }

/**
 * Collects garbage. Each job has 19 MiB of its own, which WebAssembly does not count as such: by itself
 * the collector comes at 780 MB. Undefined where the runtime does not lend it.
 */
const collectorOf = (): (() => void) | undefined => {
  try {
    v8.setFlagsFromString('--expose-gc')
    const collect: unknown = vm.runInNewContext('gc')
    v8.setFlagsFromString('--no-expose-gc')
    return typeof collect === 'function' ? () => void collect() : undefined
  } catch {
    return undefined
  }
}
const collect = collectorOf()
const isTidy = collect !== undefined

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
    return { hash, isTidy }
  } catch (error) {
    return { error: String(error), isTidy }
  }
}

parentPort?.on('message', (job: Argon2Job) => {
  void answer(job).then((found) => {
    parentPort?.postMessage(found)
    collect?.()
  })
})
