/** How a plugin is made and loaded: branded, frozen, and without a trace in the process. */
import { isPlugin } from '../../../plugin.ts'
import type { Check } from '../check.ts'
import { fail, need } from '../judge.ts'
import { loadAlone } from '../load-alone.ts'

const noUrl = 'nobody says where its mod.ts is'

const loading = (
  id: string,
  title: string,
  remedy: string,
  judge: (found: Awaited<ReturnType<typeof loadAlone>>) => void,
): Check => ({
  ...{ id, tier: 'declaration', title, remedy },
  leftOut: ({ url }) => url ? undefined : noUrl,
  run: async ({ url, ...bench }) => {
    if (url) judge(await loadAlone(url, bench))
  },
})

export const madeChecks: readonly Check[] = [
  {
    id: 'made-branded',
    tier: 'declaration',
    title: 'The plugin is made by definePlugin or defineMarketplace',
    remedy: 'Export what definePlugin(…) or defineMarketplace(…) gives, not a copy of it',
    run: ({ plugin }) => need(isPlugin(plugin), 'wanted a branded object, found a plain one'),
  },
  {
    id: 'made-frozen',
    tier: 'declaration',
    title: 'The plugin is frozen',
    remedy: 'Export what definePlugin(…) or defineMarketplace(…) gives, not a copy of it',
    run: ({ plugin }) => need(Object.isFrozen(plugin), 'wanted a frozen object'),
  },
  loading(
    'load-default-export',
    'Its module loads by itself, and its default export is the plugin',
    'Let mod.ts export the plugin as default, and import nothing that needs more than the module',
    ({ error, isPlugin }) => {
      if (error !== undefined) fail(`the module does not load: ${error}`)
      if (!isPlugin) fail('the default export is no plugin')
    },
  ),
  loading(
    'load-leaves-globals',
    'Loading changes no global and no prototype',
    'Keep state in the module, and add nothing to globalThis or to prototypes',
    ({ changed }) => {
      if (changed.length > 0) fail(`loading has changed ${changed.join(', ')}`)
    },
  ),
  loading(
    'load-reads-no-environment',
    'Loading reads no environment variable',
    'Take what can be set from ctx.config: the host reads the configuration',
    ({ read }) => {
      if (read.length > 0) fail(`loading reads the variables ${read.join(', ')}`)
    },
  ),
  loading(
    'load-starts-nothing',
    'Loading leaves no timer, server or connection behind',
    'Begin in `start`, and end in what it resolves to',
    ({ ended }) => {
      if (!ended) fail('the module keeps its thread alive after it was loaded')
    },
  ),
]
