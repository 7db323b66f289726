/** The marketplaces that are enabled, by their code. Dispatch is by code, never by class. */
import type { Marketplace, Sync } from '../plugin.ts'
import { methodOf } from '../rules/targets.ts'

export interface Registry {
  readonly all: readonly Marketplace[]
  readonly find: (code: string) => Marketplace | undefined
}

export const createRegistry = (marketplaces: readonly Marketplace[]): Registry => {
  const byCode = new Map(marketplaces.map((marketplace) => [marketplace.code, marketplace]))
  return { all: marketplaces, find: (code) => byCode.get(code) }
}

/** The method that brings the rows of a target. */
export const syncOf = (
  { adapter }: Marketplace,
  target: 'ORDERS' | 'RETURNS' | 'PAYOUTS',
): Sync<unknown, unknown, unknown, unknown> | undefined => adapter[methodOf[target]]
