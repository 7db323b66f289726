/** Logins of isolated plugins: made with the server of the tests, granted by `migrate` in each database. */
import type { FreshDatabase } from './database.ts'

/** Every plugin that a test runs in a process of its own and that has SQL. */
export const isolatedInTests: readonly string[] = [
  ...['exports', 'hostile', 'notes', 'unruly_a', 'unruly_b', 'unruly_d'],
]
export const passwordOfPlugins = 'of-a-test'

export const urlOfPlugin = ({ urls }: FreshDatabase, pluginId: string): string => {
  const url = new URL(urls.app)
  Object.assign(url, { username: `robnu_plugin_${pluginId}`, password: passwordOfPlugins })
  return url.href
}
