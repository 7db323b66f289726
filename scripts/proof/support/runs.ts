/** Connecting an account and following its runs through the API, as a seller does. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DemoClient } from '../../demo.ts'
import type { House } from './house.ts'

/** What a run says of itself at its end. */
export interface EndedRun {
  readonly state: string
  readonly pages: number
  readonly received: number
  readonly new: number
  readonly changed: number
  readonly unchanged: number
  readonly rejected: number
  readonly rejected_reasons: Readonly<Record<string, number>>
  readonly failure: unknown
}

export const connectShop = async (client: DemoClient, { shop }: House): Promise<string> => {
  const { status, body } = await client('POST', '/v1/marketplace-accounts', shop)
  if (status !== 201) throw new Error(`Cannot connect the account: ${JSON.stringify(body)}`)
  return String(body['id'])
}

/** Gives the id of the run; one that is waiting already is joined. */
export const askForRun = async (
  client: DemoClient,
  accountId: string,
  window: { readonly from: string; readonly to: string } | object = {},
): Promise<string> => {
  const path = `/v1/marketplace-accounts/${accountId}/sync`
  const { status, body } = await client('POST', path, window)
  if (status !== 202) throw new Error(`Cannot ask for a run: ${JSON.stringify(body)}`)
  return (body['run'] as { id: string }).id
}

/** Waits for the end; throws when the run fails, or when nothing has come for so long. */
export const followRun = async (
  client: DemoClient,
  runId: string,
  options: {
    readonly patienceMs: number
    readonly onProgress?: (received: number) => void
  },
): Promise<EndedRun> => {
  let movedAt = performance.now()
  let last = -1
  for (;;) {
    const { status, body } = await client('GET', `/v1/runs/${runId}`)
    if (status !== 200) throw new Error(`Cannot read the run: ${JSON.stringify(body)}`)
    const run = body as unknown as EndedRun
    if (run.state === 'SUCCEEDED') return countsOf(run)
    if (run.state === 'FAILED') throw new Error(`The run failed: ${JSON.stringify(run.failure)}`)
    if (run.received !== last) movedAt = performance.now()
    last = run.received
    options.onProgress?.(run.received)
    if (performance.now() - movedAt > options.patienceMs) {
      throw new Error(`The run does not move: ${JSON.stringify(run)}`)
    }
    await sleep(100)
  }
}

const countsOf = (run: EndedRun): EndedRun => ({
  state: run.state,
  pages: run.pages,
  received: run.received,
  new: run.new,
  changed: run.changed,
  unchanged: run.unchanged,
  rejected: run.rejected,
  rejected_reasons: run.rejected_reasons,
  failure: run.failure,
})
