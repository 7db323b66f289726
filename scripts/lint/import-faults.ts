/** Judges the imports of one file: layers, neighbours, homes of client libraries. */
import type { Report } from './faults.ts'
import { homeless, homes } from './house.ts'
import { importsOf } from './imports.ts'
import { isWithin, type Place, placeOf } from './places.ts'

export const importFaultsOf = (path: string, source: string, report: Report): void => {
  const from = placeOf(path)
  if (from.kind === 'unknown') {
    report('layer', 0, 1, `Cannot place "${path}": scripts/lint/house.ts knows no such layer`)
    return
  }
  for (const { specifier, start, end } of importsOf(source)) {
    if (specifier === null) {
      if (mayCompute(path, from)) continue
      report('layer', start, end, 'Cannot import a computed name: only the host loads by name')
      continue
    }
    const target = targetOf(path, specifier)
    const [rule, why] = target === undefined
      ? ['client-home' as const, packageFault(path, from, specifier)]
      : ['layer' as const, layerFault(from, placeOf(target), specifier)]
    if (why !== undefined) report(rule, start, end, `Cannot import "${specifier}": ${why}`)
  }
}

/** The host loads plugins by their configured names; scripts and tests are free. */
const mayCompute = (path: string, from: Place): boolean =>
  from.kind === 'scripts' || from.kind === 'tests' || isWithin(path, ['core/host', '*tests'])

/** The file in this tree that a specifier means; undefined for a package or a built-in. */
const targetOf = (path: string, specifier: string): string | undefined => {
  if (specifier === 'robnu/plugin') return 'core/plugin.ts'
  if (specifier === 'robnu/testing') return 'core/testing/mod.ts'
  if (specifier.startsWith('#core/')) return `core/${specifier.slice('#core/'.length)}`
  if (!specifier.startsWith('.')) return undefined
  return new URL(specifier, `file:///${path}`).pathname.slice(1)
}

const layerFault = (from: Place, to: Place, specifier: string): string | undefined => {
  if (from.kind === 'plugin') return pluginFault(from, to, specifier)
  const isTool = from.kind === 'tests' || from.kind === 'scripts'
  if (to.kind === 'unknown') return isTool ? undefined : 'scripts/lint/house.ts knows no such place'
  if (to.kind === 'contract') return undefined
  if (from.kind === 'contract') return 'the contract stands alone'
  if (to.kind === 'plugin') {
    return 'plugins are reached by their configured name, so that each can go'
  }
  if (from.kind === 'tests') return undefined
  if (to.kind === 'tests') return 'tests are imported by nobody'
  if (from.kind === 'scripts') return undefined
  if (to.kind === 'rules') return undefined
  if (from.kind === 'rules') {
    return 'the rules of the contract and the reading of files stand on it alone'
  }
  if (from.kind === 'kit') {
    return to.kind === 'kit' ? undefined : 'the kit works without core, in the hands of strangers'
  }
  if (to.kind === 'kit') return 'the kit is for tests and sandboxes'
  if (to.kind === 'ground') return undefined
  if (from.kind === 'ground') return 'the ground of core stands on nothing'
  if (from.kind !== 'layer' || to.kind !== 'layer') {
    return 'scripts are imported by nobody but tests'
  }
  if (from.name === to.name || from.rank < to.rank) return undefined
  return from.rank === to.rank
    ? `${from.name} and ${to.name} are neighbours, which never import each other`
    : `${from.name} lies below ${to.name}`
}

const pluginFault = (
  from: Extract<Place, { kind: 'plugin' }>,
  to: Place,
  specifier: string,
): string | undefined => {
  if (specifier === 'robnu/plugin') return undefined
  if (specifier === 'robnu/testing') {
    return from.isEdge ? undefined : 'the kit is for tests and sandboxes'
  }
  if (to.kind === 'plugin' && to.name === from.name) return undefined
  return 'a plugin imports robnu/plugin, zod and its own folder, so that it could move out'
}

const packageFault = (path: string, from: Place, specifier: string): string | undefined => {
  if (from.kind === 'contract') return 'the contract has no dependency'
  if (path === 'scripts/setup.mjs' && !specifier.startsWith('node:')) {
    return 'the set-up runs before anything is installed'
  }
  if (isWithin(path, homeless)) return undefined
  const home = homes.find(({ packages }) => packages.some((name) => isPackage(specifier, name)))
  if (home === undefined) return 'it has no home yet: give it one in scripts/lint/house.ts'
  return isWithin(path, home.places) ? undefined : `it is at home in ${home.places.join(', ')}`
}

const isPackage = (specifier: string, name: string): boolean =>
  name.endsWith('*')
    ? specifier.startsWith(name.slice(0, -1))
    : specifier === name || specifier.startsWith(`${name}/`)
