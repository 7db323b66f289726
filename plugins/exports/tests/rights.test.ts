/** Who may export. */
import { expect, it } from 'vitest'
import plugin from '../mod.ts'

it('is for who sees to the money: OWNER, ADMIN and FINANCE', () => {
  const { permissions, routes = [] } = plugin
  const roles = ['OWNER', 'ADMIN', 'FINANCE']
  expect(permissions).toEqual({ 'exports:create': roles, 'exports:read': roles })
  expect(routes.map(({ method, path, permission }) => `${method} ${path} ${permission}`)).toEqual(
    [
      'post /exports exports:create',
      'get /exports exports:read',
      'get /exports/{id} exports:read',
      'get /exports/{id}/link exports:read',
      'post /exports/{id}/cancel exports:create',
    ],
  )
})
