/** Where a file stands in the house. */
import { layers } from './house.ts'

export type Place =
  | { readonly kind: 'contract' | 'rules' | 'kit' | 'ground' | 'scripts' | 'tests' | 'unknown' }
  /** Rank 0 is the roof. */
  | { readonly kind: 'layer'; readonly name: string; readonly rank: number }
  | { readonly kind: 'plugin'; readonly name: string; readonly isEdge: boolean }

export const placeOf = (path: string): Place => {
  const [top = '', second = ''] = path.split('/')
  if (top === 'scripts') return { kind: 'scripts' }
  if (top === 'tests') return { kind: 'tests' }
  if (top === 'plugins' || top === 'marketplaces') {
    return {
      kind: 'plugin',
      name: `${top}/${second}`,
      isEdge: isWithin(path, ['*sandbox', '*sample', '*tests']),
    }
  }
  if (top !== 'core') return { kind: 'unknown' }
  if (isWithin(path, ['*tests'])) return { kind: 'tests' }
  if (isWithin(path, ['core/plugin', 'core/plugin.ts'])) return { kind: 'contract' }
  // what host, ledger and kit must do alike stands on the contract alone
  if (isWithin(path, ['core/rules', 'core/reports'])) return { kind: 'rules' }
  if (isWithin(path, ['core/testing'])) return { kind: 'kit' }
  const rank = layers.findIndex((names) => names.some((name) => isLayer(path, name)))
  const name = layers[rank]?.find((one) => isLayer(path, one))
  if (name !== undefined) return { kind: 'layer', name, rank }
  return { kind: /^core\/[^/]+$/.test(path) ? 'ground' : 'unknown' }
}

/**
 * True when the path is one of the places or lies below it. `*tests` are tests wherever they
 * lie, `*sandbox` is that of any plugin, `*sample` what its kit is given; the empty place is everywhere.
 */
export const isWithin = (path: string, places: readonly string[]): boolean =>
  places.some((place) => {
    if (place === '*tests') return /^(?:.*\/)?tests\/|\.test\.ts$/.test(path)
    if (place === '*sample') {
      return /^(?:plugins|marketplaces)\/[^/]+\/sample(?:-[a-z]+)?\.ts$/.test(path)
    }
    if (place === '*sandbox') return /^(?:plugins|marketplaces)\/[^/]+\/sandbox\b/.test(path)
    return place === '' || path === place || path.startsWith(`${place}/`)
  })

/** A layer is a folder, or one file until it needs a folder. */
const isLayer = (path: string, name: string): boolean => isWithin(path, [name, `${name}.ts`])
