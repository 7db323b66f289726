/** Which queue carries what. */
import type { Plugin, QueueSpec } from '../plugin.ts'
import { sellerCare } from './seller-jobs.ts'
import type { RunTarget } from './targets.ts'

/** Core's own queues; plugins bring theirs. A message's group is its marketplace account, or its seller. */
export const coreQueues: readonly QueueSpec[] = [
  { name: 'account-sync', kind: 'fifo' },
  { name: 'inventory-deduct', kind: 'fifo' },
  { name: 'returns-sync', kind: 'standard' },
  { name: 'document-download', kind: 'standard' },
  { name: 'payout-sync', kind: 'standard' },
  { name: sellerCare, kind: 'standard' },
]

/** The short name of the queue for work of an account of this plugin's marketplace. */
export type QueueOf = (target: RunTarget, pluginId: string) => string

/** What is pushed goes through the queue that the plugin brings for it, where it brings one. */
export const createQueueOf = (plugins: readonly Pick<Plugin, 'id' | 'queues'>[]): QueueOf => {
  const declared = new Set(plugins.flatMap(({ queues = [] }) => queues.map(({ name }) => name)))
  return (target, pluginId) => {
    const queue = queues[target]
    if (queue !== 'push') return queue
    const push = `marketplace-push-${pluginId}`
    return declared.has(push) ? push : 'account-sync'
  }
}

const queues: Readonly<Record<RunTarget, string>> = {
  ORDERS: 'account-sync',
  RETURNS: 'returns-sync',
  PAYOUTS: 'payout-sync',
  INVENTORY: 'push',
  PROCESSING: 'push',
  STOCK: 'inventory-deduct',
  DOCUMENTS: 'document-download',
  IMPORT: 'document-download',
  // in order with the syncs: two refreshes of one account never meet
  SESSION: 'account-sync',
}
