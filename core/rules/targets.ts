/** What a marketplace can do: an absent method is an absent ability. */
import { type Adapter, type Marketplace, type Target, targets } from '../plugin.ts'

/** The method that works for each target. */
export const methodOf = {
  ORDERS: 'syncOrders',
  RETURNS: 'syncReturns',
  PAYOUTS: 'syncPayouts',
  INVENTORY: 'pushInventory',
  PROCESSING: 'fullProcessing',
} as const satisfies Record<Target, keyof Adapter>

/** The targets whose method is present. */
export const targetsOf = ({ adapter }: Pick<Marketplace, 'adapter'>): readonly Target[] =>
  targets.filter((target) => adapter[methodOf[target]] !== undefined)
