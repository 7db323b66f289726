/** What a plugin's process declares becomes a plugin as any: its functions and schemas ask there. */
import { definePlugin, type Plugin, type Schema, type SchemaResult } from '../../plugin.ts'
import type { Session } from './session.ts'
import { decode } from './values.ts'

type Members = Readonly<Record<string, unknown>>

/** As deep as the declaration of a process is read. */
const maxDepth = 12
/** Results of a file come so many at a time: a round trip for each line would take minutes. */
const resultsAtOnce = 100

export interface RestoreOptions {
  readonly session: () => Promise<Session>
  /** Calls `start` again in every process that comes after. */
  readonly start: (path: string, context: unknown) => Promise<() => Promise<void>>
}

/** Nothing of it is checked here: that is done as for any plugin. Throws when it is no object. */
export const restorePlugin = (declared: unknown, options: RestoreOptions): Plugin => {
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared)) {
    throw new Error('its process declares no plugin')
  }
  return definePlugin({ ...restored(declared, [], options) as Plugin, [brand]: true })
}

/** A declaration is data and cannot say so itself. */
const brand = Symbol.for('robnu.isolated')
/** Whether it runs in a process of its own; whoever keeps the plugin longer than its host asks here. */
export const isIsolated = (plugin: Plugin): boolean => brand in plugin

const restored = (value: unknown, path: readonly string[], options: RestoreOptions): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (path.length > maxDepth) throw new Error('its members lie deeper than those of any plugin')
  if (Array.isArray(value)) {
    return Object.freeze(value.map((one, at) => restored(one, [...path, String(at)], options)))
  }
  const { $: handle, v } = value as Members
  if (handle === 'fn') return functionAt(path, options)
  if (handle === 'schema') return schemaAt(path, options, v)
  if (handle !== undefined) return decode(value)
  return Object.freeze(Object.fromEntries(
    Object.entries(value).filter(([name]) => name !== '__proto__')
      .map(([name, one]) => [name, restored(one, [...path, name], options)]),
  ))
}

const functionAt = (path: readonly string[], { session, start }: RestoreOptions) => {
  const name = path.join('\n')
  const [first, second = '', third] = path
  if (first === 'start') return (context: unknown) => start(name, context)
  const isFile = first === 'imports' && third === 'rows'
  if (isFile || first === 'adapter' && /^(?:sync|fullProcessing)/.test(second)) {
    return (...args: readonly unknown[]) =>
      later(async () => (await session()).stream(name, args, isFile ? resultsAtOnce : 1))
  }
  return async (...args: readonly unknown[]) => await (await session()).call(name, args)
}

/** A stream that is asked for at its first item. */
const later = (open: () => Promise<AsyncIterable<unknown>>): AsyncIterable<unknown> => ({
  [Symbol.asyncIterator]: () => {
    let opened: Promise<AsyncIterator<unknown>> | undefined
    const inner = () => opened ??= open().then((stream) => stream[Symbol.asyncIterator]())
    return {
      next: async () => await (await inner()).next(),
      return: async () => {
        const begun = await opened?.catch(() => undefined)
        await begun?.return?.()
        opened = Promise.resolve(ended)
        return { done: true, value: undefined }
      },
    }
  },
})
const ended: AsyncIterator<unknown> = {
  next: () => Promise.resolve({ done: true, value: undefined }),
}

const schemaAt = (path: readonly string[], { session }: RestoreOptions, wire: unknown): Schema => {
  const { vendor, input, output } = decode(wire ?? {}) as Members
  const name = path.join('\n')
  const standard = {
    version: 1 as const,
    vendor: `isolated ${String(vendor)}`,
    validate: async (value: unknown) =>
      await (await session()).call(name, [value]) as SchemaResult<unknown>,
    jsonSchema: { input: () => input ?? undefined, output: () => output ?? undefined },
  }
  return Object.freeze({ '~standard': Object.freeze(standard) })
}
