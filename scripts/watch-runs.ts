/** Follows the demo's runs until each has come to its end. */
import type { DemoRun } from './demo.ts'
import type { Progress } from './progress.ts'

const pollMs = 300
/** A run that does not move for so long is a fault, not a long one. */
const patienceMs = 180_000

export interface RunState {
  readonly id: string
  readonly externalAccountId: string
  readonly state: string
  readonly received: number
  readonly new: number
  readonly changed: number
  readonly unchanged: number
  readonly rejected: number
  readonly failure: { readonly message: string } | null
}

/** What came of them, in their order. Throws with the seller's sentence when a run fails, and when nothing moves any more. */
export const watchRuns = async (
  runs: readonly DemoRun[],
  progress: Progress,
  options: {
    readonly isStopping: () => boolean
    readonly sleep: (ms: number) => Promise<void>
    readonly now: () => number
  },
): Promise<readonly RunState[]> => {
  let movedAt = options.now()
  let last = -1
  let states: readonly RunState[] = []
  while (!options.isStopping()) {
    states = await Promise.all(runs.map(readState))
    const done = states.reduce((sum, { received }) => sum + received, 0)
    const of = runs.reduce((sum, { expected }) => sum + expected, 0)
    progress.show(done, of, `${done} orders received`)
    if (states.every(({ state }) => state === 'SUCCEEDED' || state === 'FAILED')) {
      progress.end()
      const failed = states.find(({ state }) => state === 'FAILED')
      if (failed) {
        throw new Error(`A sync has failed: ${failed.failure?.message ?? 'no reason told'}`)
      }
      return states
    }
    if (done !== last) movedAt = options.now()
    last = done
    if (options.now() - movedAt > patienceMs) {
      progress.end()
      throw new Error(`No order has come for ${patienceMs / 1000} s: see the log of the app`)
    }
    await options.sleep(pollMs)
  }
  return states
}

const readState = async ({ client, runId, externalAccountId }: DemoRun): Promise<RunState> => {
  const { status, body } = await client('GET', `/v1/runs/${runId}`)
  if (status !== 200) throw new Error(`Cannot read run ${runId}: ${body['title']}`)
  return { ...body as unknown as RunState, externalAccountId }
}
