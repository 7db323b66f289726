/** Is the process there, and can it work? Both answer without a login. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { problemAnswer } from '../exchange.ts'
import { type Route, route } from '../route.ts'

/** Resolves when what it looks at works. */
export type Check = (signal: AbortSignal) => Promise<void>

/** What is told of a plugin to anybody: no cause, which may name places. */
export interface PluginHealth {
  readonly plugin: string
  readonly state: string
}

const checkTimeoutMs = 2_000

type State = 'ok' | 'failed' | 'timed-out'

/** `checks` by name; each has its own time limit, and all run at once. */
export const healthRoutes = (
  { checks, log, timeoutMs = checkTimeoutMs, pluginStates = () => [] }: {
    readonly checks: Readonly<Record<string, Check>>
    readonly pluginStates?: () => readonly PluginHealth[]
    readonly log: Log
    readonly timeoutMs?: number
  },
): readonly Route[] => [
  route({
    method: 'get',
    path: '/healthz',
    permission: 'public',
    unlimited: true,
    tag: 'Health',
    summary:
      'Is the process alive? Names plugins that have failed in it, and looks at nothing else',
    answer: z.object({
      status: z.enum(['ok', 'degraded']),
      plugins: z.record(z.string(), z.enum(['failed', 'restart-needed'])).optional().openapi({
        description: 'Those that are not well; the rest of the process is',
      }),
    }),
    examples: { answer: { status: 'degraded', plugins: { sample: 'failed' } } },
    handle: () => {
      const unwell = pluginStates().filter(({ state }) =>
        state === 'failed' || state === 'restart-needed'
      )
      if (unwell.length === 0) return { status: 'ok' as const }
      const plugins = Object.fromEntries(unwell.map(({ plugin, state }) => [plugin, state]))
      return { status: 'degraded' as const, plugins: plugins as Record<string, 'failed'> }
    },
  }),
  route({
    method: 'get',
    path: '/readyz',
    permission: 'public',
    unlimited: true,
    tag: 'Health',
    summary: 'Can the process do its work? Names each check with its state',
    answer: z.object({ status: z.literal('ready'), checks: z.record(z.string(), z.literal('ok')) }),
    examples: { answer: { status: 'ready', checks: { database: 'ok' } } },
    problems: ['not-ready'],
    handle: async (_input, { exchange }) => {
      const found = await Promise.all(
        Object.entries(checks).map(async ([name, check]) =>
          [name, await stateOf(name, check, timeoutMs, log)] as const
        ),
      )
      const states = Object.fromEntries(found)
      if (found.every(([, state]) => state === 'ok')) {
        return { status: 'ready' as const, checks: states as Record<string, 'ok'> }
      }
      return problemAnswer(exchange, fault('not-ready'), { checks: states })
    },
  }),
]

const stateOf = async (
  name: string,
  check: Check,
  timeoutMs: number,
  log: Log,
): Promise<State> => {
  const stop = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<State>((resolve) => {
    timer = setTimeout(() => resolve('timed-out'), timeoutMs)
  })
  const done = Promise.try(check, stop.signal).then((): State => 'ok', (error): State => {
    log.warn('health.failed', { check: name, error })
    return 'failed'
  })
  const state = await Promise.race([done, late])
  clearTimeout(timer)
  // a check that is late is told to stop, whether or not it listens
  if (state === 'timed-out') {
    log.warn('health.timed-out', { check: name, timeoutMs })
    stop.abort()
  }
  return state
}
