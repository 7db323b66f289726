import type { SweepContext } from 'robnu/plugin'
import { expect, test } from 'vitest'
import ajio from '../mod.ts'
import { answering } from './support.ts'

test('the two sweeps ask for what is due, and for sessions that nobody has used', async () => {
  const asked: unknown[] = []
  const ctx: SweepContext = {
    ...answering(() => ({})),
    syncDue: (target) => Promise.resolve(asked.push(['sync', target])),
    verifyIdle: (idleMs) => Promise.resolve(asked.push(['verify', idleMs])),
  }
  for (const { run } of ajio.sweeps ?? []) await run(ctx)
  expect(ajio.sweeps?.map(({ id, cron }) => [id, cron])).toEqual([
    ['ajio-orders-autosync', '0 * * * *'],
    ['ajio-token-revalidation', '0 */4 * * *'],
  ])
  expect(asked).toEqual([['sync', 'ORDERS'], ['verify', 3_600_000]])
})

test('each operation that is asked for has its bucket, and every bucket is asked for', async () => {
  const source = await import('node:fs/promises')
    .then(({ readFile }) => readFile(new URL('../client.ts', import.meta.url), 'utf8'))
  const words = new Set([...source.matchAll(/'([a-z]+)'/g)].map(([, word]) => word))
  const operations = ajio.limits?.map(({ operation }) => operation) ?? []
  expect(operations.filter((operation) => !words.has(operation))).toEqual([])
  expect(operations).toHaveLength(7)
})
