/** Ordering: a plugin comes after those that it needs. */
import type { LoadedPlugin, PluginFault } from './load.ts'

export const orderPlugins = (
  plugins: readonly LoadedPlugin[],
): { readonly ordered: readonly LoadedPlugin[]; readonly faults: readonly PluginFault[] } => {
  const ordered: LoadedPlugin[] = []
  const faults: PluginFault[] = []
  const open = new Set<string>()
  const place = (one: LoadedPlugin): void => {
    if (ordered.includes(one)) return
    const { id, needs = [] } = one.plugin
    if (open.has(id)) {
      faults.push({
        plugin: id,
        path: 'needs',
        message: `goes round in a circle: ${[...open, id].join(' → ')}`,
      })
      return
    }
    open.add(id)
    for (const need of needs) {
      const other = plugins.find((candidate) => candidate.plugin.id === need)
      if (other) place(other)
    }
    open.delete(id)
    ordered.push(one)
  }
  plugins.forEach(place)
  return { ordered, faults }
}
