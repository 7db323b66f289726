/** What a plugin's process may take before it is ended, and the words for it. */
import { maxFrame } from './frames.ts'
import type { Time } from './time.ts'

export interface Limits {
  readonly heapMb: number
  readonly memoryMb: number
  readonly handshakeMs: number
  /** How long a process may be silent. */
  readonly silentMs: number
  /** How long calls in hand may go on when it is replaced or stopped. */
  readonly drainMs: number
  /** So many failures within the window, and it is not started again by itself. */
  readonly failures: number
  readonly windowMs: number
}
export const usualLimits: Limits = {
  heapMb: 256,
  memoryMb: 512,
  handshakeMs: 20_000,
  silentMs: 5_000,
  drainMs: 30_000,
  failures: 5,
  windowMs: 10 * 60_000,
}

/** Counts what a process says: reading it costs us, and a call of an adapter needs a few lines. */
export const createTalk = (time: Time) => {
  let since = 0
  let lines = 0
  let chars = 0
  return (length: number): string | undefined => {
    if (time.now() - since >= 1_000) {
      since = time.now()
      lines = 0
      chars = 0
    }
    lines++
    chars += length
    return lines > maxLines || chars > maxChars ? 'says more than anybody could read' : undefined
  }
}
/** A second. */
const maxLines = 20_000
const maxChars = 4 * maxFrame

/** One whose heap is full collects garbage and comes to nothing else. */
export const silentWords = ({ silentMs, heapMb }: Limits, resident: number): string => {
  const mb = Math.round(resident / 1024 / 1024)
  const isFull = mb >= heapMb
  return `gave no sign of life for ${silentMs / 1000} s${
    isFull ? `, with ${mb} MiB of memory` : ''
  }`
}

/** Of one that never ran the loader says that it cannot be loaded. */
export const faultWords = (message: string, isLoading: boolean): string =>
  isLoading ? message.slice(0, 2_000) : `ended by an error: ${message.slice(0, 500)}`
