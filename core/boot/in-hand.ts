/** What of each plugin is in hand in this process, so that it can come to its end before it stops. */
import type { Plugin } from '../plugin.ts'
import { settlesWithin } from '../queues/pause.ts'

export interface InHand {
  /** Call `end` when it is over. `draining` aborts when the plugin is to stop soon. */
  readonly begin: (
    plugin: Plugin,
  ) => { readonly draining: AbortSignal; readonly end: () => void }
  /** Asks what is in hand to end soon; false: the limit was over before. */
  readonly drain: (plugin: Plugin, limitMs: number) => Promise<boolean>
}

interface Held {
  count: number
  readonly draining: AbortController
  readonly idle: PromiseWithResolvers<void>
}

/** By the object and not by its id: of two versions of one plugin each comes to its own end. */
export const createInHand = (): InHand => {
  const all = new Map<Plugin, Held>()
  return {
    begin: (plugin) => {
      const held = all.get(plugin) ??
        { count: 0, draining: new AbortController(), idle: Promise.withResolvers<void>() }
      all.set(plugin, held)
      held.count++
      return {
        draining: held.draining.signal,
        end: () => {
          if (--held.count > 0) return
          if (all.get(plugin) === held) all.delete(plugin)
          held.idle.resolve()
        },
      }
    },
    drain: async (plugin, limitMs) => {
      const held = all.get(plugin)
      if (!held) return true
      // what begins from now on is another one's to wait for
      all.delete(plugin)
      held.draining.abort(new Error('The plugin is to stop'))
      return await settlesWithin(held.idle.promise, limitMs)
    },
  }
}
