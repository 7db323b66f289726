/**
 * Unruly: does as each job says, and misbehaves where it says so. Its id and version stand in its
 * address, so that one file is several plugins: `mod.ts?id=unruly_a&version=2.0.0`.
 */
import { API, definePlugin, type JobContext } from 'robnu/plugin'
import { z } from 'zod'

const { searchParams: said } = new URL(import.meta.url)
const id = said.get('id') ?? 'unruly'
const version = said.get('version') ?? '1.0.0'
/** From here on it does whatever it is told without harm. */
const isMended = version.startsWith('2.')

const Job = z.object({
  n: z.number(),
  /** What the marketplace takes to answer, if it had one. */
  waitMs: z.number().optional(),
  how: z.enum(['work', 'throw', 'uncaught', 'hang', 'stall', 'leak', 'buffers', 'exit']),
})
const Count = z.object({ n: z.number() })

const misbehave = async (how: z.infer<typeof Job>['how']): Promise<void> => {
  const kept: unknown[] = []
  switch (how) {
    case 'throw':
      throw new TypeError('cannot')
    case 'uncaught':
      setTimeout(() => {
        throw new TypeError('cannot, and nobody catches it')
      })
      return await new Promise(() => {})
    case 'hang':
      for (;;);
    case 'stall':
      return await new Promise(() => {})
    case 'leak':
      for (;;) {
        for (let at = 0; at < 2_000; at++) kept.push({ at, text: `${at}`.padEnd(1000) })
        // it goes on to say that it is there
        await new Promise((resolve) => setTimeout(resolve))
      }
    case 'buffers':
      for (;;) {
        kept.push(new Uint8Array(16 * 1024 * 1024).fill(kept.length))
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    case 'exit': {
      const runtime = globalThis as unknown as Record<string, { exit: (code: number) => void }>
      return (runtime['Deno'] ?? runtime['process'])?.exit(3)
    }
  }
}

export default definePlugin({
  id,
  api: API,
  version,
  queues: [{ name: `${id}-work`, kind: 'standard' }],
  consumers: [{
    queue: `${id}-work`,
    body: Job,
    handle: async ({ how, waitMs = 0 }: z.infer<typeof Job>, ctx: JobContext) => {
      if (!isMended) await misbehave(how)
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
      await ctx.scope((tx) => tx.any(Count, 'select count(id)::int as n from orders'))
    },
  }],
})
