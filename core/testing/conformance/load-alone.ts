/** Loads a module in a thread of its own, and tells what it did there. */
import { Worker } from 'node:worker_threads'
import { clearTimeout, setTimeout } from 'node:timers'
import type { Bench } from './bench.ts'

export interface Loaded {
  /** Why it did not load. */
  readonly error?: string
  readonly isPlugin: boolean
  /** Globals and members of prototypes that are new, gone or others than before. */
  readonly changed: readonly string[]
  /** Environment variables that it asked for. */
  readonly read: readonly string[]
  /** The thread ended by itself: nothing keeps it alive. */
  readonly ended: boolean
}

// a thread that is done ends at once; a machine that is busy needs longer
const endMs = 1000
const known = new Map<string, Promise<Loaded>>()

/** Once for each address: what a module does when it loads does not change. */
export const loadAlone = (
  url: URL,
  { signal, patience = 1 }: Pick<Bench, 'signal' | 'patience'>,
): Promise<Loaded> => {
  const before = known.get(url.href)
  if (before) return before
  const loading = load(url, signal, endMs * patience)
  known.set(url.href, loading)
  loading.catch(() => known.delete(url.href))
  return loading
}

const load = (url: URL, signal: AbortSignal, waitMs: number): Promise<Loaded> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(script, { eval: true, workerData: url.href, env: {} })
    let told: Omit<Loaded, 'ended'> | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const end = (ended: boolean) => {
      clearTimeout(timer)
      if (told) resolve({ ...told, ended })
      else reject(new Error('the module ended its thread while it was loaded'))
    }
    worker.on('message', (message: Omit<Loaded, 'ended'>) => {
      told = message
      timer = setTimeout(() => {
        end(false)
        void worker.terminate()
      }, waitMs)
    })
    worker.on('error', (error: unknown) => {
      told ??= { error: messageOf(error), isPlugin: false, changed: [], read: [] }
    })
    worker.on('exit', () => end(true))
    signal.addEventListener('abort', () => void worker.terminate(), { once: true })
  })

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

const script = `
const { parentPort, workerData } = require('node:worker_threads')
const holders = () => ({
  globalThis, 'Object.prototype': Object.prototype, 'Array.prototype': Array.prototype,
  'String.prototype': String.prototype, 'Function.prototype': Function.prototype,
  'Promise.prototype': Promise.prototype, 'Date.prototype': Date.prototype,
  Object, Array, Promise, Date, JSON, Math, Reflect,
})
const look = () => {
  const seen = new Map()
  for (const [name, holder] of Object.entries(holders())) {
    for (const key of Reflect.ownKeys(holder)) {
      const { value, get } = Object.getOwnPropertyDescriptor(holder, key)
      // what a getter of the runtime gives is made when it is asked for
      seen.set(name + '.' + String(key), get ?? value)
    }
  }
  return seen
}
// a runtime defines some of its globals when they are first used
const lazily = (key) => /^globalThis\\.(?:_|Symbol\\()/.test(key)
const read = new Set()
const environment = process.env
// what the runtime itself asks for on the way is none of the module's
const note = (key) => /file:/.test(new Error().stack) && read.add(String(key))
const watched = new Proxy(environment, {
  get: (target, key) => { note(key); return Reflect.get(target, key) },
  has: (target, key) => { note(key); return Reflect.has(target, key) },
  ownKeys: (target) => { note('*'); return Reflect.ownKeys(target) },
})
const tell = (more) => parentPort.postMessage({ isPlugin: false, changed: [], ...more, read: [...read] })
const main = async () => {
  Object.defineProperty(process, 'env', { value: watched, configurable: true })
  const Deno = globalThis.Deno
  if (Deno?.env) {
    for (const name of ['get', 'has', 'toObject']) {
      const own = Deno.env[name].bind(Deno.env)
      Deno.env[name] = (...key) => { note(key[0] ?? '*'); return own(...key) }
    }
  }
  const before = look()
  let module
  try {
    module = await import(workerData)
  } catch (error) {
    return tell({ error: String(error?.message ?? error) })
  }
  const after = look()
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((key) =>
    !Object.is(before.get(key), after.get(key)) && !lazily(key))
  const value = module.default
  tell({
    isPlugin: typeof value === 'object' && value !== null && Symbol.for('robnu.plugin') in value,
    changed,
  })
}
main().then(() => parentPort.unref?.())
`
