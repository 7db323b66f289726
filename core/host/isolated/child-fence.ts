/**
 * In the plugin's process, before the plugin is loaded. What Node's permissions leave open is closed
 * here: signals to other processes, files of `node:sqlite`, flags of V8. Deno's own leave nothing of it.
 */
import * as nodeModule from 'node:module'
import process from 'node:process'

/** What a plugin may import of Node: nothing that reaches out of its process. */
const builtins: ReadonlySet<string> = new Set([
  ...['assert', 'assert/strict', 'async_hooks', 'buffer', 'crypto', 'events', 'path', 'path/posix'],
  ...['perf_hooks', 'punycode', 'querystring', 'stream', 'stream/promises', 'stream/web'],
  ...['string_decoder', 'timers', 'timers/promises', 'url', 'util', 'util/types', 'zlib'],
])

/** Of Node >= 22; Deno has none. */
interface Hooks {
  readonly registerHooks?: (hooks: {
    readonly resolve: (
      specifier: string,
      context: unknown,
      next: (specifier: string, context: unknown) => { readonly url: string },
    ) => { readonly url: string }
  }) => unknown
}

export const fence = (): void => {
  if ('deno' in process.versions) return
  const { registerHooks } = nodeModule as Hooks
  registerHooks?.({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context)
      if (found.url.startsWith('node:') && !builtins.has(found.url.slice(5))) {
        throw new Error(`An isolated plugin cannot import "${found.url}": ask by its context`)
      }
      return found
    },
  })
  const stub = Object.freeze({
    ...{ env: Object.freeze({}), argv: [], execArgv: [], title: 'plugin', exitCode: undefined },
    ...{ version: process.version, versions: process.versions, release: process.release },
    ...{ platform: process.platform, arch: process.arch, pid: process.pid, browser: false },
    ...{ nextTick: process.nextTick, hrtime: process.hrtime, uptime: process.uptime },
    ...{ memoryUsage: process.memoryUsage, emitWarning: process.emitWarning, exit: process.exit },
    cwd: () => '/',
    ...Object.fromEntries(
      ['on', 'once', 'off', 'addListener', 'removeListener', 'emit'].map((
        name,
      ) => [name, () => {}]),
    ),
  })
  Object.defineProperty(globalThis, 'process', { value: stub, writable: false })
  // what Node itself still reads of it stays as it is; what leads out of the process goes
  const real = process as unknown as Record<string, unknown>
  const leads = [
    ...['kill', '_kill', '_debugProcess', '_debugEnd', 'binding', '_linkedBinding', 'dlopen'],
    ...['getBuiltinModule', 'loadEnvFile', 'report', 'setuid', 'setgid', 'execve'],
  ]
  for (const name of leads) {
    Object.defineProperty(real, name, { value: undefined, writable: false, configurable: false })
  }
}
