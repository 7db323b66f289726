/** The OpenAPI document of a set of plugins, without anything behind the routes. */
import type { Plugin } from '../plugin.ts'
import { createPermissions } from '../rbac/permissions.ts'
import { silentLog } from '../log.ts'
import { createApp } from './app.ts'
import type { Services } from './services.ts'

/** JSON text, the same as a process with these plugins serves at /openapi.json. */
export const describeApi = (
  plugins: readonly Plugin[],
  { version, docs }: { readonly version: string; readonly docs: boolean },
): string =>
  createApp({
    services: nothing() as Services,
    permissions: createPermissions(plugins),
    plugins: plugins.map((plugin) => ({
      pluginId: plugin.id,
      routes: plugin.routes ?? [],
      contextOf: () => {
        throw new Error('Nothing is served here')
      },
    })),
    checks: {},
    cursorKey: new Uint8Array(32),
    log: silentLog,
    now: () => new Date(0),
    version,
    docs,
  }).document

/** Routes take the services apart when they are made, and call them when they are asked. */
const nothing = (): unknown =>
  new Proxy(() => {}, {
    get: () => nothing(),
    apply: () => {
      throw new Error('Nothing is served here')
    },
  })
