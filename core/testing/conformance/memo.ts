/** Remembers what was found out about one plugin with one sample, so that checks need not ask again. */
import type { Plugin } from '../../plugin.ts'
import type { Bench } from './bench.ts'

const found = new WeakMap<Plugin, WeakMap<object, Map<string, Promise<unknown>>>>()
const noSample = {}

/** A failure is remembered as well, unless its check was ended from outside. */
export const memoOf = <T>(
  { plugin, sample, signal }: Pick<Bench, 'plugin' | 'sample' | 'signal'>,
  name: string,
  find: () => Promise<T>,
): Promise<T> => {
  const bySample = found.get(plugin) ?? new WeakMap<object, Map<string, Promise<unknown>>>()
  found.set(plugin, bySample)
  const byName = bySample.get(sample ?? noSample) ?? new Map<string, Promise<unknown>>()
  bySample.set(sample ?? noSample, byName)
  const known = byName.get(name) as Promise<T> | undefined
  if (known) return known
  const finding = find()
  byName.set(name, finding)
  finding.catch(() => {
    if (signal.aborted) byName.delete(name)
  })
  return finding
}
