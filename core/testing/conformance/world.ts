/** A sandbox for one check: freshly started, prepared, and gone when the check ends. */
import type { Account, Context, Marketplace, Schema } from '../../plugin.ts'
import { upstreamAt } from '../sandbox/clock.ts'
import type { RunningSandbox } from '../sandbox/sandbox.ts'
import type { Bench } from './bench.ts'
import { createWire, type Intercept, type KitRequest, type LoggedLine, type Paper } from './wire.ts'
import type { Control, Sample } from './sample.ts'

export interface World {
  readonly plugin: Marketplace
  readonly sample: Sample
  readonly sandbox: RunningSandbox
  readonly control: Control
  /** The verbs of this sandbox. */
  readonly verbs: ReadonlySet<string>
  /** Moves the sandbox's clock forward. */
  readonly pass: (seconds: number) => Promise<unknown>
  /** The account that is checked; a refresh gives it other credentials. */
  account: Account<unknown, unknown>
  readonly requests: readonly KitRequest[]
  readonly logged: readonly LoggedLine[]
  /** What was downloaded, by storage key. */
  readonly papers: ReadonlyMap<string, Paper>
  /** Each refusal by the rules of the fence: an undeclared host, an undeclared operation. */
  readonly breaches: readonly string[]
  readonly context: (options?: {
    readonly signal?: AbortSignal
    readonly intercept?: Intercept
  }) => Context
}

/** The sample, where a check cannot be left out for the lack of it. */
export const sampleOf = ({ sample }: Bench): Sample => {
  if (!sample) throw new Error('Cannot check the behaviour: there is no sample')
  return sample
}

/** Runs the work in a world of its own, and takes it down whatever happens. */
export const inWorld = async <T>(
  bench: Bench<Marketplace>,
  work: (world: World) => Promise<T>,
): Promise<T> => {
  const sample = sampleOf(bench)
  bench.signal.throwIfAborted()
  const { startSandbox, seed, env = {} } = sample
  const sandbox = await startSandbox({ seed, speed: 0, env })
  try {
    const world = await prepared(bench, sample, sandbox)
    // a plugin that hangs must not keep its sandbox
    return await Promise.race([work(world), abortOf(bench.signal)])
  } finally {
    await sandbox.stop()
  }
}

const abortOf = (signal: AbortSignal): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  promise.catch(() => {})
  return promise
}

const plenty = { ratePerSecond: 1e6, burst: 1e6 }

const prepared = async (
  { plugin, signal }: Bench<Marketplace>,
  sample: Sample,
  sandbox: RunningSandbox,
): Promise<World> => {
  const control = controlOf(sandbox)
  const verbs = await verbsOf(sandbox)
  if (verbs.has('throttle')) {
    for (const { operation } of plugin.limits ?? []) {
      await control('throttle', { operation, ...plenty })
    }
  }
  for (const { verb, body } of sample.prepare ?? []) await control(verb, body)
  const demo = sandbox.accounts[sample.account ?? 0]
  if (!demo) throw new Error(`Cannot start: the sandbox has no account ${sample.account ?? 0}`)
  const wire = createWire({
    plugin,
    url: sandbox.url,
    config: await parsed(plugin.config, sample.config ?? {}, 'config of the sample'),
    now: () => new Date(upstreamAt(sandbox.clock, Date.now())),
    signal,
  })
  return {
    ...{ plugin, sample, sandbox, control, verbs, ...wire },
    pass: (seconds) => control('clock', { bySeconds: seconds }),
    account: {
      id: '00000000-0000-4000-8000-000000000001',
      externalAccountId: demo.externalAccountId,
      details: await parsed(plugin.details, demo.details, 'details of the sandbox'),
      credentials: await parsed(plugin.credentials, demo.credentials, 'credentials of the sandbox'),
    },
  }
}

/** By the plugin's own schema, as the host does it. */
export const parsed = async (
  schema: Schema | undefined,
  value: unknown,
  what: string,
): Promise<unknown> => {
  if (!schema) return value
  const result = await schema['~standard'].validate(value)
  if (!result.issues) return result.value
  const path = (result.issues[0]?.path ?? [])
    .map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  throw new Error(`the ${what} do not fit their schema at "${path}"`)
}

const controlOf = ({ url }: RunningSandbox): Control => async (verb, body = {}) => {
  const request = { method: 'POST', body: JSON.stringify(body) }
  const answer = await fetch(`${url}/_control/${verb}`, request)
  const json: unknown = await answer.json()
  if (!answer.ok) throw new Error(`The sandbox refuses "${verb}": ${JSON.stringify(json)}`)
  return json
}

const verbsOf = async ({ url }: RunningSandbox): Promise<ReadonlySet<string>> => {
  const answer = await fetch(`${url}/_control`)
  if (!answer.ok) return new Set()
  const { verbs } = await answer.json() as { readonly verbs?: unknown }
  if (Array.isArray(verbs)) {
    return new Set(verbs.map((verb) => typeof verb === 'string' ? verb : String(verb?.verb)))
  }
  return new Set(Object.keys(verbs ?? {}))
}
