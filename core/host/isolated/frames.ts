/** What is said between a plugin's process and ours: one line of JSON each. Both sides use it. */
import { failure, type FailureKind, failureOf } from '../../plugin.ts'

/** To the plugin. Values (`args`, `value`, …) are those of `values.ts`. */
export type ToChild =
  | { readonly t: 'load'; readonly url: string }
  | { readonly t: 'call'; readonly id: number; readonly path: string; readonly args: unknown }
  /** The next items of a stream, by the call that gave it: at most `max`. */
  | { readonly t: 'next'; readonly id: number; readonly call: number; readonly max: number }
  | { readonly t: 'return'; readonly id: number; readonly call: number }
  | { readonly t: 'abort'; readonly call: number; readonly error: WireError }
  | { readonly t: 'answer'; readonly id: number; readonly clock: number | null } & Outcome
  | { readonly t: 'ping'; readonly n: number }
type Outcome = { readonly value: unknown } | { readonly error: WireError }

/** From the plugin. */
export type ToParent =
  | { readonly t: 'plugin'; readonly value: unknown }
  | { readonly t: 'fault'; readonly message: string }
  | { readonly t: 'reply'; readonly id: number } & Outcome
  | {
    readonly t: 'ask'
    readonly id: number
    readonly call: number
    readonly what: string
    readonly args: unknown
  }
  | {
    readonly t: 'log'
    readonly call: number
    readonly event: string
    readonly fields: unknown
  }
  | { readonly t: 'pong'; readonly n: number; readonly rss: number }

/** A context on its way to the plugin: its members that are data, and which of the others it has. */
export interface WireContext {
  readonly $ctx: 'context' | 'job' | 'sweep'
  readonly config: unknown
  readonly key: string
  readonly aborted: WireError | null
  /** The upstream's clock, in its milliseconds. */
  readonly clock: number
}

export interface WireError {
  readonly message: string
  /** Absent: an error of no kind. */
  readonly kind?: FailureKind
  readonly code?: string
  readonly status?: number
  readonly retryAfterMs?: number
  /** An error of ours: thrown back by the plugin it is the same again. */
  readonly ref?: number
  /** Of a request that was refused: what `explain` is asked about. */
  readonly refusal?: { readonly status: number; readonly body: unknown }
}

/** No answer of a marketplace and no page of rows comes near this, in characters. */
export const maxFrame = 64 * 1024 * 1024
const longestMessage = 2_000

export const wireError = (error: unknown): WireError => {
  const failed = failureOf(error)
  const text = error instanceof Error ? error.message : String(error)
  const message = text.slice(0, longestMessage)
  if (!failed) return { message }
  const { kind, code, status, retryAfterMs } = failed
  return {
    ...{ message, kind },
    ...typeof code === 'string' ? { code } : {},
    ...typeof status === 'number' ? { status } : {},
    ...typeof retryAfterMs === 'number' ? { retryAfterMs } : {},
  }
}

export const errorOf = ({ message, kind, ...more }: WireError): Error => {
  if (kind === undefined) return new Error(message)
  const { code, status, retryAfterMs } = more
  return failure(kind, message, {
    ...code === undefined ? {} : { code },
    ...status === undefined ? {} : { status },
    ...retryAfterMs === undefined ? {} : { retryAfterMs },
  })
}

/** Cuts what comes into lines; `tooLong` is called once, and then nothing more. */
export const createLines = (
  onLine: (line: string) => void,
  tooLong: () => void,
  longest: number = maxFrame,
): (chunk: Uint8Array) => void => {
  const decoder = new TextDecoder()
  let parts: string[] = []
  let length = 0
  return (chunk) => {
    if (length > longest) return
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n')
    parts.push(first)
    length += first.length
    for (const other of others) {
      if (length > longest) break
      const line = parts.join('')
      parts = [other]
      length = other.length
      if (line !== '') onLine(line)
    }
    if (length > longest) {
      parts = []
      tooLong()
    }
  }
}
