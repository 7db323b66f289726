/** Rights: what a plugin grants must not be taken, and what its routes ask for must be granted. */
import { createPermissions, permissionFaults } from '../rbac/permissions.ts'
import type { LoadedPlugin, PluginFault } from './load.ts'

export const accessFaults = (loaded: readonly LoadedPlugin[]): readonly PluginFault[] => {
  const plugins = loaded.map(({ plugin }) => plugin)
  const refused = permissionFaults(plugins).map(({ plugin, permission, why }) => ({
    ...{ plugin, path: `permissions["${permission}"]` },
    message: `${why}: take another name, or other roles`,
  }))
  // without those that are refused: their routes would be told as well, for the same reason
  const declared = new Set(plugins.flatMap(({ permissions }) => Object.keys(permissions ?? {})))
  const core = createPermissions()
  const unknown = plugins.flatMap((plugin) =>
    (plugin.routes ?? []).flatMap(({ permission }, i) => {
      if (permission === '' || core.has(permission) || declared.has(permission)) return []
      const path = `routes[${i}].permission`
      const message = permission === 'public' || permission.startsWith('staff:')
        ? 'must be of the roles of a seller: name one of "permissions"'
        : `nobody declares "${permission}": add it to "permissions"`
      return [{ plugin: plugin.id, path, message }]
    })
  )
  return [...refused, ...unknown]
}
