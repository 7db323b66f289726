/** The queues that marketplaces fill, put together: one reader for each plugin that names one. */
import { queueUrlOf, takeNotification } from '../ledger/pushes/notifications.ts'
import { isMarketplace, type Plugin } from '../plugin.ts'
import { startInbox } from '../queues/notifications.ts'
import type { House } from './house.ts'

export interface Notifying {
  readonly add: (plugin: Plugin) => Promise<void>
  readonly remove: (plugin: Plugin) => Promise<void>
  readonly stop: () => Promise<void>
}

export const openNotifying = (house: House): Notifying => {
  const { config, log } = house
  const running = new Map<string, () => Promise<void>>()
  const remove = async ({ id }: Pick<Plugin, 'id'>): Promise<void> => {
    const stop = running.get(id)
    running.delete(id)
    await stop?.()
  }
  return {
    add: async (plugin) => {
      if (!isMarketplace(plugin)) return
      await remove(plugin)
      // a plugin that cannot say where is no reason for a process not to start: its schedules go on
      const url = await queueUrlOf(house, plugin).catch((error) => {
        log.error('notifications.no-queue', { plugin: plugin.id, error })
        return null
      })
      if (url === null) return
      running.set(
        plugin.id,
        startInbox({
          ...{ url, region: config.AWS_REGION },
          ...config.AWS_ENDPOINT_URL === undefined ? {} : { endpoint: config.AWS_ENDPOINT_URL },
          log: log.with({ plugin: plugin.id }),
          handle: (message) => takeNotification(house, plugin, message),
        }),
      )
      log.info('notifications.reading', { plugin: plugin.id })
    },
    remove,
    stop: async () => {
      await Promise.all([...running.keys()].map((id) => remove({ id })))
    },
  }
}
