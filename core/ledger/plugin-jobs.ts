/** Jobs of plugins: what one of their consumers does with one message. */
import type { SellerScope } from '../db/database.ts'
import { command } from '../db/sql.ts'
import { type Consumer, failureKind, type Plugin } from '../plugin.ts'
import { finishWork, type LeasedJob } from '../queues/work.ts'
import { createJobContext, type PluginDeps } from './plugin-context.ts'
import { endOfError } from './run-finish.ts'

/** Who consumes which queue. */
export type Consumers = Pick<
  ReadonlyMap<string, { readonly plugin: Plugin; readonly consumer: Consumer }>,
  'get'
>
export const consumersOf = (plugins: readonly Plugin[]): Consumers =>
  new Map(
    plugins.flatMap((plugin) =>
      (plugin.consumers ?? []).map((consumer) => [consumer.queue, { plugin, consumer }] as const)
    ),
  )

/**
 * Handles a job and ends it. What the marketplace asks to do later goes back until then; whatever else
 * is thrown is tried again by the queue, and then is a dead letter.
 */
export const runJob = async (
  deps: PluginDeps & { readonly consumers: Consumers },
  work: LeasedJob,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> => {
  const found = deps.consumers.get(work.queue)
  if (!found) throw named('no-consumer', 'No enabled plugin consumes the queue of this job')
  const { plugin, consumer } = found
  const { entry, itemId, lease, queue } = work
  const read = await consumer.body['~standard'].validate(work.body)
  if (read.issues) {
    throw named('wrong-body', 'The job does not have the form that its consumer asks for')
  }
  const once = (scope: SellerScope) => takeOnce(scope, itemId)
  const context = createJobContext(deps, plugin, { entry, key: itemId, signal, once })
  try {
    await consumer.handle(read.value, context)
  } catch (error) {
    if (!isMadeBefore(error)) {
      const kind = failureKind(error)
      if (kind !== 'rate-limit' && kind !== 'unavailable') throw error
      const { attempts } = work
      const upstream = deps.upstreamOf(plugin.id)
      const end = endOfError(error, { attempts, progress: false, upstream })
      if (end.end !== 'again') throw error
      const { end: _, ...again } = end
      await deps.db.withSellerScope(
        entry,
        (scope) => finishWork(scope, { itemId, lease, state: 'WAITING', queue, ...again }),
      )
      return
    }
  }
  await deps.db.withSellerScope(
    entry,
    (scope) => finishWork(scope, { itemId, lease, state: 'DONE' }),
  )
}

/** The inbox: a second transaction of the same job meets the row of the first. */
const takeOnce = async (scope: SellerScope, itemId: string): Promise<void> => {
  const taken = await scope.run(command`
    insert into inbox (seller_id, work_item_id) values (${scope.sellerId}, ${itemId})
    on conflict do nothing`)
  if (taken === 0) throw named(madeBefore, 'An earlier delivery has made the effect of this job')
}

const madeBefore = 'made-before'
const isMadeBefore = (error: unknown): boolean =>
  (error as { readonly code?: unknown } | null)?.code === madeBefore
const named = (code: string, message: string): Error => Object.assign(new Error(message), { code })
