/** In the plugin's process: its functions called by their paths, its streams read item by item. */
import type { Plugin, Schema, SchemaIssue } from '../../plugin.ts'
import { childContext } from './child-context.ts'
import { createChildPeer } from './child-peer.ts'
import { isSchema } from './declare.ts'
import type { ToChild, ToParent, WireContext } from './frames.ts'
import { decode, encode } from './values.ts'

type Run = (...args: readonly unknown[]) => unknown
interface Open {
  readonly controller: AbortController
  stream?: AsyncIterator<unknown>
}

/** So many records of a file are asked for at once. */
const recordsAtOnce = 100

export const createCalls = (send: (frame: ToParent) => void) => {
  const peer = createChildPeer(send)
  const open = new Map<number, Open>()
  const stops = new Map<number, Run>()
  let plugin: unknown
  // what the upstream's clock showed at a moment of ours, and how it runs
  const clock = { upstream: 0, at: 0, speed: 1 }
  const now = () => clock.upstream + (performance.now() - clock.at) * clock.speed
  const tick = (upstream: number): void => {
    Object.assign(clock, { upstream, at: performance.now() })
  }

  const argumentOf = (call: number, wire: unknown, controller: AbortController): unknown => {
    if (typeof wire !== 'object' || wire === null) return decode(wire)
    if ('$ctx' in wire) {
      const context = decodedContext(wire as WireContext & { readonly speed: number })
      clock.speed = context.speed
      tick(context.clock)
      if (context.aborted) controller.abort(peer.thrown(context.aborted))
      const log = (event: string, fields: unknown) => send(logFrame(call, event, fields))
      const { signal } = controller
      const { ask, told } = peer
      return childContext({ id: call, signal, ask, told, log, now }, context)
    }
    if ('$iter' in wire) return records(call)
    return decode(wire)
  }
  const records = async function* (call: number): AsyncIterable<unknown> {
    for (;;) {
      const some = await peer.ask(call, 'pull', recordsAtOnce) as readonly unknown[]
      if (some.length === 0) return
      yield* some
    }
  }

  const reply = async (id: number, work: () => Promise<unknown>): Promise<void> => {
    try {
      send({ t: 'reply', id, value: encode(await work()) })
    } catch (error) {
      send({ t: 'reply', id, error: peer.told(error) })
    }
  }

  const call = async ({ id, path, args }: Extract<ToChild, { t: 'call' }>): Promise<unknown> => {
    const controller = new AbortController()
    const entry: Open = { controller }
    open.set(id, entry)
    let isStream = false
    try {
      if (path.startsWith('stop:')) return await stops.get(Number(path.slice(5)))?.()
      const found = memberAt(plugin, path)
      const given = (args as readonly unknown[]).map((one) => argumentOf(id, one, controller))
      if (isSchema(found)) return await validated(found, given[0])
      const value = await (found as Run)(...given)
      if (isAsyncIterable(value)) {
        isStream = true
        entry.stream = value[Symbol.asyncIterator]()
        return undefined
      }
      if (typeof value === 'function') {
        stops.set(id, value as Run)
        return { stop: true }
      }
      return value
    } finally {
      if (!isStream) open.delete(id)
    }
  }

  const next = async (of: number, max: number): Promise<unknown> => {
    const items: unknown[] = []
    const stream = open.get(of)?.stream
    if (!stream) throw new Error('The stream is over')
    try {
      while (items.length < max) {
        const { done, value } = await stream.next()
        if (done) {
          open.delete(of)
          return { items, done: true }
        }
        items.push(value)
      }
      return { items, done: false }
    } catch (error) {
      open.delete(of)
      throw error
    }
  }

  return {
    serve: (value: unknown): void => {
      plugin = value
    },
    receive: (frame: Exclude<ToChild, { t: 'ping' | 'load' }>): void => {
      if (frame.t === 'answer') {
        if (frame.clock !== null) tick(frame.clock)
        peer.answered(frame)
      } else if (frame.t === 'abort') {
        open.get(frame.call)?.controller.abort(peer.thrown(frame.error))
      } else if (frame.t === 'call') void reply(frame.id, () => call(frame))
      else if (frame.t === 'next') void reply(frame.id, () => next(frame.call, frame.max))
      else {
        const stream = open.get(frame.call)?.stream
        open.delete(frame.call)
        void reply(frame.id, async () => void await stream?.return?.())
      }
    },
  }
}

const decodedContext = <W extends WireContext>(wire: W): W => ({
  ...wire,
  config: decode(wire.config),
})

const logFrame = (call: number, event: string, fields: unknown): ToParent => {
  try {
    return { t: 'log', call, event: String(event), fields: encode(fields) }
  } catch (error) {
    return { t: 'log', call, event: String(event), fields: { lost: String(error) } }
  }
}

/** `routes.0.handle` of the plugin; the path comes from the host. */
const memberAt = (plugin: unknown, path: string): unknown =>
  path.split('\n').reduce<unknown>(
    (value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name],
    plugin as Plugin,
  )

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof (value as { [Symbol.asyncIterator]?: unknown } | null | undefined)
    ?.[Symbol.asyncIterator] === 'function'

const validated = async (schema: Schema, value: unknown): Promise<unknown> => {
  const result = await schema['~standard'].validate(value)
  if (!result.issues) return { value: result.value }
  return { issues: result.issues.slice(0, 100).map(plainIssue) }
}

/** The members that come from the schema, as `http/validate.ts` reads them. */
const plain = [
  ...['code', 'expected', 'format', 'minimum', 'maximum', 'inclusive', 'origin', 'divisor'],
  'values',
]
const plainIssue = (issue: SchemaIssue): unknown => {
  const members = Object.entries(issue).filter(([name, value]) =>
    plain.includes(name) && typeof value !== 'object' || name === 'values' && Array.isArray(value)
  )
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
  return { message: issue.message, path, ...Object.fromEntries(members) }
}
