/** Consumes one queue: several groups at once, in each group one message after the other. */
import type { Log } from '../log.ts'
import type { Schema } from '../plugin.ts'
import { createDeletions } from './deletions.ts'
import { createHold } from './hold.ts'
import { watchOutage } from './outage.ts'
import { backoffMs, pause, settlesWithin } from './pause.ts'
import { readBody } from './read-body.ts'
import type { ReceivedMessage, Sqs } from './sqs.ts'

/**
 * What became of a message. `done`: it is deleted. `retry`: it comes again after a while that grows
 * with its receipts, and goes to the dead-letter queue after the fifth. `retryInMs`: it comes again
 * then (12 hours at the most); this counts as a receipt as well.
 */
export type Outcome = 'done' | 'retry' | { readonly retryInMs: number }
interface Handling {
  /** Give up now: the message is somebody else's, or the time to finish is over. */
  readonly signal: AbortSignal
  /** Come to an end soon: the process is about to stop. */
  readonly draining: AbortSignal
  readonly messageId: string
  /** How often the message was handed out, this time included. */
  readonly receives: number
}
export interface ConsumerOptions<Body> {
  readonly sqs: Pick<Sqs, 'receive' | 'deleteBatch' | 'changeVisibility'>
  readonly queue: string
  /** What is not JSON of this form is refused, logged without its text, and left to the redrive. */
  readonly body: Schema<Body>
  /** Called at least once for each message. An error is logged and counts as `retry`. */
  readonly handle: (body: Body, handling: Handling) => Promise<Outcome>
  readonly log: Log
  /** Groups at once; also of a standard queue, so that none takes all hands. */
  readonly concurrency?: number
  /** False: what waits behind a message of its group need not wait when that fails. */
  readonly ordered?: boolean
  /** How long a killed worker keeps its messages from the others; whole seconds. */
  readonly visibilityMs?: number
  /** Of a long poll, 20 at the most. An idle consumer takes so long to drain. */
  readonly waitSeconds?: number
  /** How long a message stays hidden when handling it failed. */
  readonly retryDelayMs?: (receives: number) => number
  /** How long `drain` waits for what is in hand before it aborts it. */
  readonly drainLimitMs?: number
  /** Aborted: the same as `drain`. */
  readonly signal?: AbortSignal
}
export interface Consumer {
  /**
   * Takes nothing more, gives back what is not begun, finishes what is in hand; what takes longer
   * than the limit is aborted and given back as well. Never rejects; safe to call twice.
   */
  readonly drain: () => Promise<void>
}

/**
 * From its third failure on a message holds up its group no longer. SQS may hand out a group's next
 * messages together with it, and whatever is given back with it five times follows it into the
 * dead-letter queue unhandled.
 */
const patience = 3
/**
 * Messages in hand, those behind others of their group included: a queue that is full of one group's
 * must not be taken into memory whole.
 */
const mostHeld = 100
/** A second: at once, a message that fails at once would spin. */
const giveBackMs = 1_000
/** What an aborted handler may take to end. */
const graceMs = 2_000
const maxMessages = 10
/** Longer ones save money alone, and a drain lets a poll come to its end: see `poll`. */
const pollSeconds = 2

export const startConsumer = <Body>(options: ConsumerOptions<Body>): Consumer => {
  const { sqs, queue, concurrency = 4, visibilityMs = 30_000, drainLimitMs = 20_000 } = options
  const { ordered = true } = options
  const log = options.log.with({ queue })
  const stopping = new AbortController()
  const givingUp = new AbortController()
  const hold = createHold({ sqs, queue, visibilityMs, log })
  const deletions = createDeletions({ sqs, queue, log })
  const handle = createHandler(options, log, stopping.signal)
  /** What waits behind the message in hand, for each group in hand. */
  const chains = new Map<string, Held[]>()
  const running = new Set<Promise<void>>()
  let freed = Promise.withResolvers<void>()

  const free = (): void => {
    freed.resolve()
    freed = Promise.withResolvers()
  }
  const work = async (group: string, chain: Held[]): Promise<void> => {
    for (let held = chain.shift(); held; held = chain.shift()) {
      const { delayMs, holdsUp } = await handle(held)
      if (delayMs === undefined) {
        hold.drop(held.message)
        deletions.add(held.message.receipt)
        free()
        continue
      }
      const behind = holdsUp && ordered ? chain.splice(0) : []
      await hold.release([held, ...behind].map(({ message }) => message), delayMs)
      free()
    }
    chains.delete(group)
    free()
  }
  const take = (message: ReceivedMessage): void => {
    const held = { message, signal: hold.take(message) }
    const group = message.group ?? message.messageId
    const before = chains.get(group)
    if (before) return void before.push(held)
    const chain = [held]
    chains.set(group, chain)
    const run = work(group, chain).finally(() => running.delete(run))
    running.add(run)
  }

  // never cut off by a drain: what is on its way then would be hidden, with its group, for the whole
  // visibility timeout
  const poll = async (): Promise<void> => {
    const outage = watchOutage(log, 'queue')
    const visibilitySeconds = Math.ceil(visibilityMs / 1000)
    const { waitSeconds = pollSeconds } = options
    let failures = 0
    while (!stopping.signal.aborted) {
      const held = hold.held().length
      if (chains.size >= concurrency || held >= mostHeld) {
        await freed.promise
        continue
      }
      const max = Math.min(maxMessages, concurrency - chains.size, mostHeld - held)
      const { signal } = givingUp
      try {
        const messages = await sqs.receive(queue, { max, waitSeconds, visibilitySeconds, signal })
        if (stopping.signal.aborted) await hold.release(messages, giveBackMs)
        else messages.forEach(take)
        outage.worked()
        failures = 0
      } catch (error) {
        outage.failed(error)
        await pause(backoffMs(++failures, 500, 10_000), stopping.signal)
      }
    }
  }
  const polling = poll()

  const stop = async (): Promise<void> => {
    stopping.abort()
    const notBegun = [...chains.values()].flatMap((chain) => chain.splice(0))
    await hold.release(notBegun.map(({ message }) => message), giveBackMs)
    const idle = Promise.all([polling, ...running])
    if (!await settlesWithin(idle, drainLimitMs)) {
      givingUp.abort()
      hold.abortAll()
      if (!await settlesWithin(idle, graceMs)) {
        log.warn('queue.given-back', { messages: hold.held().length })
        await hold.release(hold.held(), giveBackMs)
      }
    }
    await deletions.flush()
    hold.close()
  }
  let stopped: Promise<void> | undefined
  const drain = (): Promise<void> => stopped ??= stop()
  options.signal?.addEventListener('abort', () => void drain(), { once: true })
  if (options.signal?.aborted) void drain()
  return { drain }
}

interface Held {
  readonly message: ReceivedMessage
  readonly signal: AbortSignal
}
interface Verdict {
  /** Undefined: handled. */
  readonly delayMs?: number
  /** Whether what is behind it in its group has to wait for it. */
  readonly holdsUp: boolean
}

const createHandler = <Body>(
  { body: schema, handle, retryDelayMs = defaultDelayMs }: ConsumerOptions<Body>,
  log: Log,
  draining: AbortSignal,
) =>
async ({ message, signal }: Held): Promise<Verdict> => {
  const { messageId, receives } = message
  const holdsUp = receives < patience
  const read = await readBody(schema, message.body)
  if ('reason' in read) {
    log.warn('queue.refused', { messageId, receives, reason: read.reason })
    return { delayMs: giveBackMs, holdsUp: false }
  }
  try {
    const outcome = await handle(read.value, { signal, draining, messageId, receives })
    if (outcome === 'done') return { holdsUp: false }
    return { delayMs: outcome === 'retry' ? retryDelayMs(receives) : outcome.retryInMs, holdsUp }
  } catch (error) {
    if (signal.aborted) {
      log.warn('queue.aborted', { messageId, receives })
      return { delayMs: giveBackMs, holdsUp }
    }
    log.error('queue.failed', { messageId, receives, error })
    return { delayMs: retryDelayMs(receives), holdsUp }
  }
}

/** 1 s, 2 s, 4 s, 8 s: five receipts within half a minute. */
const defaultDelayMs = (receives: number): number => backoffMs(receives, 1_000, 60_000)
