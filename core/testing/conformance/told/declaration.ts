/** What a plugin declares, without its functions, and what its sweeps ask for. */
import { z } from 'zod'
import type { Marketplace } from '../../../plugin.ts'
import type { Bench } from '../bench.ts'
import { plain } from '../judge.ts'
import { inWorld } from '../world.ts'
import { endOf } from './plainly.ts'

/** The form of a schema as JSON schema, where it is one of zod's; else nothing is told of it. */
const formOf = (schema: unknown): unknown => {
  if (typeof schema !== 'object' || schema === null || !('_zod' in schema)) return null
  return z.toJSONSchema(schema as z.ZodType, { io: 'input', unrepresentable: 'any' })
}

/** What each sweep asks the host for, and what it logs. */
const sweepsOf = (bench: Bench<Marketplace>): Promise<unknown> =>
  inWorld(bench, async (world) => {
    const told: Record<string, unknown> = {}
    for (const { id, cron, run } of bench.plugin.sweeps ?? []) {
      const asked: unknown[] = []
      const logged = world.logged.length
      const answered = (what: unknown, count: number) => {
        asked.push(what)
        return Promise.resolve(count)
      }
      const end = await endOf(() =>
        run({
          ...world.context(),
          syncDue: (target) => answered(`due ${target}`, 3),
          verifyIdle: (idleMs) => answered(`idle ${idleMs} ms`, 2),
        })
      )
      told[id] = { cron, end, asked, logged: world.logged.slice(logged) }
    }
    return told
  })

export const declarationOf = async (bench: Bench<Marketplace>): Promise<unknown> => {
  const { plugin } = bench
  const { adapter, config, details, credentials, imports, migrations, ...rest } = plugin
  return plain({
    ...rest,
    cursor: undefined,
    adapter: Object.keys(adapter),
    sweeps: await sweepsOf(bench),
    migrations: migrations?.map(({ id }) => id),
    imports: imports?.map(({ rows: _, ...report }) => report),
    forms: {
      config: formOf(config),
      details: formOf(details),
      credentials: formOf(credentials),
    },
  })
}
