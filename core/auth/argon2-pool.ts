/** Workers that hash: started when needed, gone when idle, never in the way of the exit. */
import { Worker } from 'node:worker_threads'
import type { Argon2, Argon2Job } from './argon2.ts'
import type { Argon2Answer } from './argon2-worker.ts'

interface Hand {
  readonly worker: Worker
  readonly end: () => void
  jobs: number
  isTidy: boolean
}

// a resting worker costs 20 MB and more; a start costs 0.2 s, and on Deno it holds up the main thread
const idleMs = 30_000
// of one that cannot collect its garbage: with 24 jobs the process grows to 780 MB, with 4 to 220
const jobsOfUntidy = 4

/** One worker a job: whoever asks bounds how many run at once. */
export const workerArgon2 = (): Argon2 => {
  const idle: Hand[] = []
  const all = new Set<Hand>()
  let isClosed = false

  const start = (): Hand => {
    const worker = new Worker(new URL('./argon2-worker.ts', import.meta.url))
    const forget = () => {
      all.delete(hand)
      const at = idle.indexOf(hand)
      if (at >= 0) idle.splice(at, 1)
    }
    const hand: Hand = {
      worker,
      jobs: 0,
      isTidy: false,
      end: () => {
        forget()
        void worker.terminate()
      },
    }
    // one that dies at rest is replaced at the next job; one that dies at work fails its job
    worker.on('error', forget)
    all.add(hand)
    return hand
  }

  const rest = (hand: Hand): void => {
    if (isClosed || !hand.isTidy && hand.jobs >= jobsOfUntidy) return hand.end()
    hand.worker.unref()
    idle.push(hand)
    const { jobs } = hand
    // ends it only when nothing was asked of it since
    setTimeout(() => hand.jobs === jobs && hand.end(), idleMs).unref()
  }

  return {
    derive: async (job) => {
      if (isClosed) throw new Error('Cannot hash: the workers are closed')
      const hand = idle.pop() ?? start()
      hand.jobs++
      hand.worker.ref()
      try {
        const { isTidy, ...found } = await ask(hand.worker, job)
        hand.isTidy = isTidy
        if ('error' in found) throw new Error(found.error)
        return found.hash
      } finally {
        if (all.has(hand)) rest(hand)
      }
    },
    close: async () => {
      isClosed = true
      await Promise.all([...all].map(({ worker }) => worker.terminate()))
      all.clear()
      idle.length = 0
    },
  }
}

const ask = (worker: Worker, job: Argon2Job): Promise<Argon2Answer> =>
  new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      worker.off('message', onMessage)
      worker.off('error', onError)
      worker.off('exit', onExit)
      act()
    }
    const onMessage = (answer: Argon2Answer) => settle(() => resolve(answer))
    const onError = (cause: unknown) =>
      settle(() => reject(new Error('Cannot hash: the worker failed', { cause })))
    const onExit = () => settle(() => reject(new Error('Cannot hash: the worker was ended')))
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', onExit)
    worker.postMessage(job)
  })
