/** A call of an adapter over a tape of which one answer is broken. */
import { type Batch, type FailureKind, failureKind, type Marketplace } from '#core/plugin.ts'
import { randomFor } from '#core/testing/sandbox/random.ts'
import { syncOf } from '#core/testing/conformance/walk.ts'
import { createWire, type Intercept } from '#core/testing/conformance/wire.ts'
import { strike } from './strike.ts'
import type { Tape } from './tape.ts'

export interface Played {
  readonly accepted: number
  readonly rejected: number
  readonly received: number
  /** How it ended; null: as it would have by itself. */
  readonly failure: FailureKind | null
  /** Neither rows nor a failure with a kind: a crash of the adapter. */
  readonly crash: string | null
  /** The broken answer was asked for. */
  readonly struck: boolean
}

/** A walk over answers that always announce a next page never ends by itself. */
const longest = 40

export const play = async (
  plugin: Marketplace,
  tape: Tape,
  seed: number,
  round: number,
  wreck = strike,
): Promise<Played> => {
  const random = randomFor(seed, `${plugin.id} ${tape.method} ${round}`)
  const answers = tape.exchanges.flatMap(({ request, at }) =>
    request.answer ? [{ request, at }] : []
  )
  const target = random.int(0, answers.length - 1)
  const told = new Set<number>()
  let now = tape.exchanges[0]?.at ?? new Date(0)
  let struck = false
  const intercept: Intercept = ({ method, url }) => {
    const place = nextOf(answers, told, `${method} ${url.host}${url.pathname}`)
    const found = answers[place]
    if (!found?.request.answer) return { cut: true }
    told.add(place)
    now = found.at
    struck ||= place === target
    return { answer: place === target ? wreck(found.request.answer, random) : found.request.answer }
  }
  const wire = createWire({
    ...{ plugin, config: tape.config, url: 'http://127.0.0.1:9', now: () => now },
    signal: AbortSignal.timeout(60_000),
  })
  const counts = { accepted: 0, rejected: 0, received: 0 }
  try {
    await call(plugin, tape, wire.context({ intercept }), counts)
    return { ...counts, struck, failure: null, crash: null }
  } catch (error) {
    const kind = failureKind(error)
    return {
      ...{ ...counts, struck, failure: kind ?? null },
      crash: kind ? null : String(error instanceof Error ? error.stack : error),
    }
  }
}

/** The next answer that was not told yet to such a request; the last one again where all were. */
const nextOf = (
  answers: Tape['exchanges'],
  told: ReadonlySet<number>,
  key: string,
): number => {
  let last = -1
  for (const [place, { request: { method, url } }] of answers.entries()) {
    if (`${method} ${url.host}${url.pathname}` !== key) continue
    if (!told.has(place)) return place
    last = place
  }
  return last
}

const outcomes: readonly unknown[] = ['started', 'done', 'held', 'failed']

const call = async (
  plugin: Marketplace,
  { method, account, batch, stock }: Tape,
  ctx: ReturnType<ReturnType<typeof createWire>['context']>,
  counts: { accepted: number; rejected: number; received: number },
): Promise<void> => {
  const { adapter } = plugin
  if (method === 'INVENTORY') {
    const results = await adapter.pushInventory?.(account, stock, ctx) ?? []
    counts.received = stock.length
    counts.accepted = results.filter(({ outcome }) => outcome === 'accepted').length
    counts.rejected = results.filter(({ outcome }) => outcome === 'rejected').length
    return
  }
  if (method === 'READ') {
    const levels = await adapter.readInventory?.(account, stock, ctx) ?? []
    if (levels.some(({ quantity }) => !Number.isInteger(quantity))) throw new Error('no quantity')
    counts.received = counts.accepted = levels.length
    return
  }
  if (method === 'PROCESSING') {
    for await (const step of adapter.fullProcessing?.(account, batch as Batch, ctx) ?? []) {
      if (!outcomes.includes(step.outcome)) throw new Error(`No outcome: ${step.outcome}`)
      counts.accepted++
      // whoever asks again and again is ended by the slice of the host
      if (++counts.received === 1_000) return
    }
    return
  }
  const sync = syncOf(plugin, method as 'ORDERS')
  if (!sync) throw new Error(`There is no method for ${method}`)
  let pages = 0
  for await (const page of sync(account, { cursor: null, reason: 'manual' }, ctx)) {
    counts.accepted += page.rows.length
    counts.rejected += page.rejected.length
    counts.received += page.received
    if (page.last === true || ++pages === longest) return
  }
}
