/** Reads the queues of core and of the enabled plugins. */
import { coreQueues } from '#core/queues/layout.ts'
import { lookAtQueues } from '#core/queues/look-queues.ts'
import type { Queues } from '../checks/queues.ts'
import type { Ground } from '../ground.ts'
import { awsOf, settingsOf } from '../settings.ts'
import type { LoadedHost } from './plugins.ts'

export const readQueues = async ({ host }: LoadedHost, { env }: Ground): Promise<Queues> => {
  const { config } = settingsOf(env)
  const specs = [...coreQueues, ...host?.plugins.flatMap(({ plugin }) => plugin.queues ?? []) ?? []]
  const known = { leaseMs: config.ROBNU_LEASE_MS }
  try {
    const asked = { ...awsOf(env), prefix: config.ROBNU_QUEUE_PREFIX }
    return { ...known, why: undefined, queues: await lookAtQueues(asked, specs) }
  } catch (error) {
    const why = error instanceof Error ? error.name : 'UnknownError'
    return { ...known, why, queues: [] }
  }
}
