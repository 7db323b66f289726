/** Reads the schedules of the sweeps out of their store. */
import { sweepIds } from '#core/boot/sweeps.ts'
import { evictionOf, lookAtSweeps } from '#core/queues/look-sweeps.ts'
import { nothingToSee } from '../check.ts'
import type { Logins } from '../checks/database.ts'
import type { Sweeps } from '../checks/sweeps.ts'
import type { Ground } from '../ground.ts'
import { settingsOf } from '../settings.ts'
import { looking } from './database.ts'
import type { LoadedHost } from './plugins.ts'

export const readSweeps = async (
  logins: Logins,
  { host }: LoadedHost,
  ground: Ground,
): Promise<Sweeps> => {
  const { config } = settingsOf(ground.env)
  const ids = sweepIds(host ?? { plugins: [] })
  const redisUrl = config.REDIS_URL
  const isThere = logins.logins.some(({ name, why }) =>
    name === 'DATABASE_PLATFORM_URL' && why === undefined
  )
  if (!isThere) throw nothingToSee('DATABASE_PLATFORM_URL is not reached')
  const known = {
    store: redisUrl ? 'Redis' : 'PostgreSQL',
    now: ground.now(),
    off: await switchedOff(logins, ids, ground),
  }
  try {
    const eviction = redisUrl ? await evictionOf(redisUrl) : null
    const connection = redisUrl
      ? { redisUrl }
      : { postgresUrl: config.DATABASE_PLATFORM_URL, schema: 'bullmq' }
    return { ...known, eviction, why: undefined, sweeps: await lookAtSweeps(connection, ids) }
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it does not answer'
    return { ...known, eviction: null, why, sweeps: [] }
  }
}

const switchedOff = async (
  logins: Logins,
  ids: readonly string[],
  ground: Ground,
): Promise<readonly string[]> => {
  const defaults = settingsOf(ground.env).config.sweepDefaults
  const rows = await looking(logins, ground, async (sql) => {
    const [there] = await sql<{ made: boolean }[]>`
      select to_regclass('public.switches') is not null as made`
    return there?.made
      ? [
        ...await sql<{ key: string; enabled: boolean }[]>`
          select key, enabled from switches where key like 'sweep:%'`,
      ]
      : []
  })
  const told = new Map(rows.map(({ key, enabled }) => [key, enabled]))
  return ids.filter((id) => !(told.get(`sweep:${id}`) ?? defaults[id] ?? true))
}
