/** The marketplaces that are enabled, by their code. Dispatch is by code, never by class. */
import { type Adapter, type Marketplace, type Sync, type Target, targets } from '../plugin.ts'

export interface Registry {
  readonly all: readonly Marketplace[]
  readonly find: (code: string) => Marketplace | undefined
}

export const createRegistry = (marketplaces: readonly Marketplace[]): Registry => {
  const byCode = new Map(marketplaces.map((marketplace) => [marketplace.code, marketplace]))
  return { all: marketplaces, find: (code) => byCode.get(code) }
}

const methods = {
  ORDERS: 'syncOrders',
  RETURNS: 'syncReturns',
  PAYOUTS: 'syncPayouts',
  INVENTORY: 'pushInventory',
  PROCESSING: 'fullProcessing',
} as const satisfies Record<Target, keyof Adapter>

/** What a marketplace can do: the targets whose method is present. */
export const targetsOf = (marketplace: Marketplace): readonly Target[] =>
  targets.filter((target) => marketplace.adapter[methods[target]] !== undefined)

/** The method that brings the rows of a target. */
export const syncOf = (
  { adapter }: Marketplace,
  target: 'ORDERS' | 'RETURNS' | 'PAYOUTS',
): Sync<unknown, unknown, unknown, unknown> | undefined => adapter[methods[target]]
