/** One life of a plugin's process: calls on their way in, questions on their way out. */
import { type Context, failure, type JobContext, type SweepContext } from '../../plugin.ts'
import { type CallDesk, createDesk, refusals } from './asks.ts'
import {
  errorOf,
  maxFrame,
  type ToChild,
  type WireContext,
  type WireError,
  wireError,
} from './frames.ts'
import type { FromChild } from './parent-frames.ts'
import { streamOf } from './stream.ts'
import type { Time } from './time.ts'
import { decode, encode } from './values.ts'

export interface SessionOptions {
  readonly id: () => string
  readonly send: (line: string) => void
  readonly time: Time
  /** The plugin's process has to go: it did not end a call. */
  readonly hangs: (why: string) => void
  /** How many calls are in hand now. */
  readonly counted: (calls: number) => void
  /** How fast the plugin's upstream runs; asked when it has declared its id. */
  readonly speed: () => number
}
export interface Session {
  /** Calls a member by its path, `adapter\nverify`. */
  readonly call: (path: string, args: readonly unknown[]) => Promise<unknown>
  /** The plugin's `start`: its context lives until what comes back was called. */
  readonly start: (path: string, context: unknown) => Promise<() => Promise<void>>
  /** The same of a member that gives a stream; `max`: how many items may come at once. */
  readonly stream: (path: string, args: readonly unknown[], max: number) => AsyncIterable<unknown>
  /** Throws for a value that has no form of ours. */
  readonly receive: (frame: Extract<FromChild, { t: 'reply' | 'ask' | 'log' }>) => void
  /** Calls that come to an end by themselves: without what was started. */
  readonly inHand: () => number
  /** Ends what was started; resolves whatever the plugin makes of it. */
  readonly stopStarted: () => Promise<void>
  /** Every call in hand fails by this error, and what comes later too. */
  readonly end: (why: Error) => void
}

type AnyContext = Context & Partial<JobContext> & Partial<SweepContext>
interface Call {
  readonly path: string
  readonly context: AnyContext | undefined
  /** Of `start`: it lives until it is stopped. */
  readonly isKept: boolean
  readonly desk: CallDesk
  /** Errors of ours that the plugin has met: thrown back, they are themselves. */
  readonly errors: Map<number, unknown>
  readonly release: () => void
}

/** Longer than whoever asks would wait: a consumer has ten minutes, a slice of a sync less. */
const longestCallMs = 20 * 60_000
/** A call that was given up has this long to come to its end. */
const graceMs = 30_000
const maxCalls = 500
/** Questions under way, of all calls together. */
const maxAsks = 1_000
const maxErrors = 1_000
const maxLogLines = 200

export const createSession = (options: SessionOptions): Session => {
  const { send, time } = options
  const calls = new Map<number, Call>()
  const replies = new Map<number, PromiseWithResolvers<unknown> & { readonly call: number }>()
  let next = 1
  let asks = 0
  let over: Error | undefined
  const logged = { since: 0, lines: 0 }

  const write = (frame: ToChild): void => {
    const line = JSON.stringify(frame)
    if (line.length > maxFrame) {
      throw failure('bad-response', 'What came for the plugin is too long for it')
    }
    send(line)
  }
  const request = (call: number, frame: ToChild & { readonly id: number }): Promise<unknown> => {
    if (over) return Promise.reject(over)
    const reply = { ...Promise.withResolvers<unknown>(), call }
    replies.set(frame.id, reply)
    try {
      write(frame)
    } catch (error) {
      replies.delete(frame.id)
      reply.reject(error)
    }
    return reply.promise
  }

  /** A new call, with its arguments as they are sent. */
  const begin = (path: string, args: readonly unknown[], isKept = false) => {
    if (over) throw over
    if (calls.size >= maxCalls) {
      throw failure('unavailable', `The plugin "${options.id()}" has too much in hand`)
    }
    const id = next++
    let context: AnyContext | undefined
    let records: AsyncIterator<unknown> | undefined
    const sent = args.map((one) => {
      if (isContext(one)) {
        context = one
        return wireContext(one)
      }
      if (isIterable(one)) {
        records = one[Symbol.asyncIterator]()
        return { $iter: true }
      }
      return encode(one)
    })
    const signal = context?.signal
    let stopGrace = () => {}
    const giveUp = (error: unknown): void => {
      write({ t: 'abort', call: id, error: wireError(error) })
      stopGrace()
      stopGrace = time.after(graceMs, () => options.hangs(`did not end "${wordsOf(path)}"`))
    }
    const aborted = () => giveUp(signal?.reason)
    const tooLong = () => giveUp(new Error('The call has taken too long'))
    const stopLimit = isKept ? () => {} : time.after(longestCallMs, tooLong)
    if (!isKept) signal?.addEventListener('abort', aborted, { once: true })
    const desk = createDesk(context, records, (error) => thrown(id, error))
    const call: Call = {
      ...{ path, context, isKept, desk, errors: new Map() },
      release: () => {
        calls.delete(id)
        options.counted(calls.size)
        stopLimit()
        stopGrace()
        signal?.removeEventListener('abort', aborted)
        call.desk.end()
        void Promise.resolve(records?.return?.()).catch(() => {})
      },
    }
    calls.set(id, call)
    options.counted(calls.size)
    return { id, sent, call }
  }
  const wireContext = (context: AnyContext): WireContext & { readonly speed: number } => ({
    $ctx: context.syncDue ? 'sweep' : context.scope ? 'job' : 'context',
    config: encode(context.config),
    key: context.key,
    aborted: context.signal.aborted ? wireError(context.signal.reason) : null,
    clock: context.now().getTime(),
    speed: options.speed(),
  })

  const told = (call: Call, error: unknown): WireError => {
    const ref = call.errors.size
    if (ref < maxErrors) call.errors.set(ref, error)
    const refusal = typeof error === 'object' && error ? refusals.get(error) : undefined
    return {
      ...wireError(error),
      ref,
      ...refusal ? { refusal: { status: refusal.status, body: refusal.body ?? null } } : {},
    }
  }
  const answer = async (frame: Extract<FromChild, { t: 'ask' }>): Promise<void> => {
    const call = calls.get(frame.call)
    const clock = () => call?.context?.now().getTime() ?? null
    if (!call) {
      const error = { message: 'The call is over: do not keep its context' }
      return write({ t: 'answer', id: frame.id, clock: null, error })
    }
    if (asks >= maxAsks) {
      const error = { message: 'The plugin asks for too much at once' }
      return write({ t: 'answer', id: frame.id, clock: null, error })
    }
    asks++
    try {
      const args = decode(frame.args) as readonly unknown[]
      const value = encode(await call.desk.answer(frame.what, args))
      write({ t: 'answer', id: frame.id, clock: clock(), value })
    } catch (error) {
      if (!over) write({ t: 'answer', id: frame.id, clock: clock(), error: told(call, error) })
    } finally {
      asks--
    }
  }
  const log = (frame: Extract<FromChild, { t: 'log' }>): void => {
    const second = Math.floor(time.now() / 1000)
    if (logged.since !== second) Object.assign(logged, { since: second, lines: 0 })
    if (++logged.lines > maxLogLines) return
    const fields = decode(frame.fields)
    if (typeof fields !== 'object' || fields === null) return
    calls.get(frame.call)?.context?.log(frame.event, fields as Record<string, unknown>)
  }
  /** The error of a reply: one of ours again, where the plugin has only let it through. */
  const thrown = (call: number, error: WireError): unknown => {
    const { ref } = error
    const known = ref === undefined ? undefined : calls.get(call)?.errors.get(ref)
    return known ?? errorOf(error)
  }

  const stop = async (id: number, call: Call): Promise<void> => {
    const at = next++
    await request(at, { t: 'call', id: at, path: `stop:${id}`, args: [] }).finally(call.release)
  }

  return {
    inHand: () => [...calls.values()].filter(({ isKept }) => !isKept).length,
    stopStarted: async () => {
      const started = [...calls].filter(([, { isKept }]) => isKept)
      await Promise.allSettled(started.map(([id, call]) => stop(id, call)))
    },
    call: async (path, args) => {
      const { id, sent, call } = begin(path, args)
      try {
        return await request(id, { t: 'call', id, path, args: sent })
      } finally {
        call.release()
      }
    },
    start: async (path, context) => {
      const { id, sent, call } = begin(path, [context], true)
      try {
        await request(id, { t: 'call', id, path, args: sent })
      } catch (error) {
        call.release()
        throw error
      }
      return () => stop(id, call)
    },
    stream: (path, args, max) =>
      streamOf(max, {
        begin: async () => {
          const { id, sent, call } = begin(path, args)
          try {
            await request(id, { t: 'call', id, path, args: sent })
          } catch (error) {
            call.release()
            throw error
          }
          return { id, release: call.release }
        },
        next: (call) => request(call, { t: 'next', id: next++, call, max }),
        end: (call) => request(call, { t: 'return', id: next++, call }),
      }),
    receive: (frame) => {
      if (over) return
      if (frame.t === 'log') log(frame)
      else if (frame.t === 'ask') {
        // what cannot even be refused is the end of it
        void answer(frame).catch(() => options.hangs('could not be answered'))
      } else {
        const reply = replies.get(frame.id)
        replies.delete(frame.id)
        if (!reply) return
        if (frame.error) reply.reject(thrown(reply.call, frame.error as WireError))
        else reply.resolve(decode(frame.value))
      }
    },
    end: (why) => {
      over ??= why
      for (const reply of replies.values()) reply.reject(why)
      replies.clear()
      for (const call of [...calls.values()]) call.release()
    },
  }
}

const isContext = (value: unknown): value is AnyContext => {
  const { signal, now, http } = (value ?? {}) as Partial<Context>
  return typeof now === 'function' && typeof http === 'function' &&
    typeof signal?.addEventListener === 'function'
}
const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof (value as { [Symbol.asyncIterator]?: unknown } | null | undefined)
    ?.[Symbol.asyncIterator] === 'function'

/** A path for people. */
const wordsOf = (path: string): string => path.replaceAll('\n', '.')
