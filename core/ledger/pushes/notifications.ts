/** What a marketplace puts into a queue of ours, for all accounts: a run for each that it means. */
import type { Database } from '../../db/database.ts'
import type { Log } from '../../log.ts'
import { isMarketplace, type Marketplace, type Plugin } from '../../plugin.ts'
import type { QueueOf } from '../../queues/layout.ts'
import { pushedAccounts, recordPush } from './events.ts'
import { readNote } from './note.ts'

export interface NotificationDeps {
  readonly db: Database
  readonly configOf: (pluginId: string) => unknown
  readonly queueOf: QueueOf
  readonly log: Log
  readonly wake: () => void
}

/** The URL of the plugin's queue; null: it has none. Throws what its function throws. */
export const queueUrlOf = async (
  { configOf }: Pick<NotificationDeps, 'configOf'>,
  plugin: Plugin,
): Promise<string | null> => {
  if (!isMarketplace(plugin) || !plugin.notifications) return null
  // of a plugin in a process of its own it is a promise
  const url: unknown = await plugin.notifications.queue(configOf(plugin.id))
  if (url === null || url === '') return null
  if (typeof url === 'string' && URL.canParse(url)) return url
  throw new Error('The queue of a plugin is the URL that SQS gives it')
}

/** Resolves when the message can go; throws what the database throws, and then it comes again. */
export const takeNotification = async (
  { db, queueOf, log: all, wake }: NotificationDeps,
  marketplace: Marketplace,
  message: { readonly id: string; readonly body: string },
): Promise<'new' | 'again' | 'nobody' | 'nothing'> => {
  const { notifications, code, id: pluginId } = marketplace
  const log = all.with({ plugin: pluginId, message: message.id })
  const note = notifications && await readNote(marketplace, notifications.read, message.body, log)
  const what = note
    ? await db.withPlatformScope('notifications', async (tx) => {
      const accounts = await pushedAccounts(tx, code, note.externalAccountId)
      const found = []
      for (const account of accounts) {
        found.push(await recordPush(tx, { ...account, pluginId }, note, queueOf))
      }
      if (found.length === 0) return 'nobody'
      return found.includes('new') ? 'new' : 'again'
    })
    : 'nothing'
  log.info('push.notified', { target: note?.target, what })
  if (what === 'new') wake()
  return what
}
