/** Messages in hand: hidden from others for as long as they are, and given back when they are not. */
import type { Log } from '../log.ts'
import { watchOutage } from './outage.ts'
import { pause } from './pause.ts'
import type { ReceivedMessage, Sqs } from './sqs.ts'

export interface Hold {
  /** The signal aborts when the message is not ours any more. */
  readonly take: (message: ReceivedMessage) => AbortSignal
  /** Forgets a message that is handled. */
  readonly drop: (message: ReceivedMessage) => void
  /** Gives messages back; they come again after the time, in their order. */
  readonly release: (messages: readonly ReceivedMessage[], delayMs: number) => Promise<void>
  readonly abortAll: () => void
  readonly held: () => readonly ReceivedMessage[]
  readonly close: () => void
}

/** A third: two heartbeats may be lost before the message shows up again. */
const beatShare = 1 / 3
/** The longest that SQS hides a message. */
const maxHiddenSeconds = 12 * 3600

export const createHold = (
  options: {
    readonly sqs: Pick<Sqs, 'changeVisibility'>
    readonly queue: string
    readonly visibilityMs: number
    readonly log: Log
  },
): Hold => {
  const { sqs, queue, visibilityMs, log } = options
  const outage = watchOutage(log, 'queue.visibility')
  const closed = new AbortController()
  const held = new Map<ReceivedMessage, AbortController>()
  let beating: Promise<void> = Promise.resolve()

  const hide = async (messages: readonly ReceivedMessage[], ms: number): Promise<Set<string>> => {
    const seconds = Math.min(maxHiddenSeconds, Math.max(1, Math.ceil(ms / 1000)))
    try {
      const changes = messages.map(({ receipt }) => ({ receipt, seconds }))
      const lost = await sqs.changeVisibility(queue, changes)
      outage.worked()
      return new Set(lost)
    } catch (error) {
      outage.failed(error)
      return new Set()
    }
  }
  const beat = async (): Promise<void> => {
    const messages = [...held.keys()]
    if (messages.length === 0) return
    const lost = await hide(messages, visibilityMs)
    for (const message of messages) {
      const controller = held.get(message)
      // what was handled meanwhile is deleted and cannot be hidden any more
      if (!controller || !lost.has(message.receipt)) continue
      log.warn('queue.message-lost', { messageId: message.messageId })
      held.delete(message)
      controller.abort(new Error('The message was handed to somebody else'))
    }
  }
  const keepHidden = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      await pause(visibilityMs * beatShare, closed.signal)
      if (closed.signal.aborted) return
      beating = beat()
      await beating
    }
  }
  void keepHidden()

  return {
    take: (message) => {
      const controller = new AbortController()
      held.set(message, controller)
      return controller.signal
    },
    drop: (message) => void held.delete(message),
    release: async (messages, delayMs) => {
      if (messages.length === 0) return
      for (const message of messages) held.delete(message)
      // a heartbeat on its way would hide them for longer
      await beating
      await hide(messages, delayMs)
    },
    abortAll: () => {
      for (const controller of held.values()) {
        controller.abort(new Error('The time to finish is over'))
      }
    },
    held: () => [...held.keys()],
    close: () => closed.abort(),
  }
}
