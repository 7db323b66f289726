/** The marketplaces that are enabled, by their code. Dispatch is by code, never by class. */
import type { Adapter, Marketplace, Target } from '../plugin.ts'

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

/** The targets that the sync engine carries; a method for another one waits for it. */
const carried: readonly Target[] = ['ORDERS']

/** What a marketplace can do here: the targets whose method is present. */
export const targetsOf = (marketplace: Marketplace): readonly Target[] =>
  carried.filter((target) => marketplace.adapter[methods[target]] !== undefined)
