/** The plugins of this process as they are now: whatever is given this sees every change of the set. */
import type { Host } from '../host/host.ts'
import { type Consumers, consumersOf } from '../ledger/plugin-jobs.ts'
import { createRegistry, type Registry } from '../ledger/registry.ts'
import { createQueueOf, type QueueOf } from '../queues/layout.ts'

export interface LiveHost extends Host {
  readonly current: () => Host
  readonly become: (next: Host) => void
}

export const openLiveHost = (first: Host): LiveHost => {
  let host = first
  return {
    get plugins() {
      return host.plugins
    },
    get marketplaces() {
      return host.marketplaces
    },
    configOf: (id) => host.configOf(id),
    current: () => host,
    become: (next) => {
      host = next
    },
  }
}

export interface LiveParts {
  readonly registry: Registry
  readonly queueOf: QueueOf
  readonly consumers: Consumers
}

/** What is looked up in the set of plugins; made anew when it has changed. */
export const livePartsOf = (host: LiveHost): LiveParts => {
  let made: (LiveParts & { readonly of: Host }) | undefined
  const parts = () => {
    const of = host.current()
    if (made?.of === of) return made
    const plugins = of.plugins.map(({ plugin }) => plugin)
    return made = {
      of,
      registry: createRegistry(of.marketplaces),
      queueOf: createQueueOf(plugins),
      consumers: consumersOf(plugins),
    }
  }
  return {
    registry: {
      get all() {
        return parts().registry.all
      },
      find: (code) => parts().registry.find(code),
    },
    queueOf: (target, pluginId) => parts().queueOf(target, pluginId),
    consumers: { get: (queue) => parts().consumers.get(queue) },
  }
}
