import { describe, expect, it } from 'vitest'
import { hasCode } from '../../core/errors.ts'
import type { Role } from '../../core/plugin.ts'
import { decide } from '../../core/rbac/decide.ts'
import { requirePermission } from '../../core/rbac/guard.ts'
import { corePermissions } from '../../core/rbac/core-permissions.ts'
import { createPermissions, roles } from '../../core/rbac/permissions.ts'

const table = createPermissions([{
  id: 'claims',
  permissions: { 'claims:resolve': ['OWNER', 'ADMIN', 'FINANCE'] },
}])

const hasRole = (role: Role, permission: string): boolean =>
  decide(table, { kind: 'user', role, overrides: [] }, permission, new Date(0)).allowed

/** The matrix as a person would write it: the table is compared with it cell by cell. */
const matrix: Readonly<Record<keyof typeof corePermissions | 'claims:resolve', string>> = {
  //                        OWNER ADMIN OPERATOR FINANCE VIEWER | keys staff account grant deny
  'profile:read': '         yes   yes   yes      yes     yes      yes  yes   no      no    no',
  'profile:write': '        yes   yes   yes      yes     yes      no   no    no      no    no',
  'permissions:read': '     yes   yes   yes      yes     yes      yes  yes   no      no    no',
  'seller:read': '          yes   yes   yes      yes     yes      yes  yes   no      yes   yes',
  'seller:manage': '        yes   no    no       no      no       no   no    no      no    no',
  'seller:create': '        yes   yes   yes      yes     yes      no   no    no      no    no',
  'seller:transfer': '      yes   no    no       no      no       no   no    no      no    no',
  'seller:export': '        yes   no    no       no      no       no   no    no      no    no',
  'seller:offboard': '      yes   no    no       no      no       no   no    no      no    no',
  'users:read': '           yes   yes   no       no      no       yes  yes   no      no    yes',
  'users:manage': '         yes   no    no       no      no       no   no    no      no    no',
  'users:leave': '          yes   yes   yes      yes     yes      no   no    no      no    no',
  'api-keys:read': '        yes   yes   no       no      no       no   yes   no      no    yes',
  'api-keys:manage': '      yes   yes   no       no      no       no   no    no      no    yes',
  'impersonation:read': '   yes   yes   no       no      no       no   no    no      no    yes',
  'impersonation:decide': ' yes   yes   no       no      no       no   no    no      no    yes',
  'audit:read': '           yes   yes   no       no      no       yes  yes   no      yes   yes',
  'audit:export': '         yes   yes   no       no      no       yes  no    no      yes   yes',
  'keys:read': '            yes   yes   no       no      no       no   yes   no      no    yes',
  'keys:rotate': '          yes   no    no       no      no       no   no    no      no    no',
  'audit:anchor': '         yes   no    no       no      no       no   no    no      no    yes',
  'orders:read': '          yes   yes   yes      yes     yes      yes  yes   yes     yes   yes',
  'customers:read': '       yes   yes   yes      no      no       yes  no    yes     yes   yes',
  'customers:reveal': '     yes   yes   yes      yes     no       no   no    yes     yes   yes',
  'erasures:read': '        yes   yes   no       no      no       yes  yes   yes     yes   yes',
  'search:use': '           yes   yes   yes      yes     yes      yes  yes   no      yes   yes',
  'data-principals:answer': 'yes   yes   no       no      no       no   no    no      no    yes',
  'accounts:read': '        yes   yes   yes      yes     yes      yes  yes   yes     yes   yes',
  'accounts:connect': '     yes   yes   no       no      no       yes  no    no      yes   yes',
  'accounts:sync': '        yes   yes   yes      no      no       yes  yes   yes     yes   yes',
  'accounts:manage': '      yes   yes   yes      no      no       yes  yes   yes     yes   yes',
  'dead-letters:read': '    yes   yes   no       no      no       yes  yes   yes     yes   yes',
  'dead-letters:redrive': ' yes   yes   no       no      no       yes  yes   yes     yes   yes',
  'runs:read': '            yes   yes   yes      yes     yes      yes  yes   yes     yes   yes',
  'processing:read': '      yes   yes   yes      yes     yes      yes  yes   yes     yes   yes',
  'processing:run': '       yes   yes   yes      no      no       yes  yes   yes     yes   yes',
  'manifests:read': '       yes   yes   yes      yes     yes      yes  yes   yes     yes   yes',
  'manifests:close': '      yes   yes   yes      no      no       yes  yes   yes     yes   yes',
  'documents:read': '       yes   yes   yes      yes     no       yes  yes   yes     yes   yes',
  'shipments:read': '       yes   yes   yes      yes     yes      yes  yes   yes     yes   yes',
  'returns:read': '         yes   yes   yes      yes     yes      yes  yes   yes     yes   yes',
  'payouts:read': '         yes   yes   no       yes     yes      yes  yes   yes     yes   yes',
  'inventory:read': '       yes   yes   yes      yes     yes      yes  yes   no      yes   yes',
  'inventory:write': '      yes   yes   yes      no      no       yes  yes   no      yes   yes',
  'listings:read': '        yes   yes   yes      yes     yes      yes  yes   yes     yes   yes',
  'listings:write': '       yes   yes   yes      no      no       yes  yes   yes     yes   yes',
  'imports:create': '       yes   yes   yes      yes     no       yes  yes   yes     yes   yes',
  'imports:read': '         yes   yes   yes      yes     yes      yes  yes   yes     yes   yes',
  'claims:resolve': '       yes   yes   no       yes     no       yes  yes   no      yes   yes',
}

describe('the permission table', () => {
  it('is the matrix, cell by cell', () => {
    expect([...table.keys()].toSorted()).toEqual(Object.keys(matrix).toSorted())
    for (const [permission, row] of Object.entries(matrix)) {
      const cells = row.trim().split(/\s+/)
      const { keys, staff, byAccount, grantable, deniable } = table.get(permission) ?? {}
      const found = [
        ...roles.map((role) => hasRole(role, permission)),
        ...[keys, staff, byAccount, grantable, deniable],
      ]
      expect(found.map((yes) => yes === true ? 'yes' : 'no'), permission).toEqual(cells)
    }
  })

  it('denies what it does not know', () => {
    for (const role of roles) {
      for (
        const permission of [
          '',
          'public',
          'staff:sellers',
          'orders:delete',
          '*',
          'constructor',
          '__proto__',
        ]
      ) {
        expect(hasRole(role, permission)).toBe(false)
      }
    }
    for (const role of ['ROOT', '', 'owner', 'constructor'] as unknown as Role[]) {
      expect(hasRole(role, 'orders:read')).toBe(false)
    }
  })

  it('names every fault of the permissions that plugins bring', () => {
    const make = () =>
      createPermissions([
        { id: 'a', permissions: { 'orders:read': ['VIEWER'], 'returns:scan': ['OPERATOR'] } },
        { id: 'b', permissions: { 'returns:scan': ['OWNER'], Everything: ['OWNER'] } },
        { id: 'c', permissions: { 'x:y': ['GOD' as Role] } },
        { id: 'd' },
      ])
    expect(make).toThrow('Cannot take permission "orders:read" of plugin "a": it is taken already')
    expect(make).toThrow('Cannot take permission "returns:scan" of plugin "b"')
    expect(make).toThrow('Cannot take permission "Everything" of plugin "b": its form is')
    expect(make).toThrow('Cannot take permission "x:y" of plugin "c": there is no role "GOD"')
  })
})

describe('the guard', () => {
  const judge = (
    role: Role,
    sellerStatus: 'ACTIVE' | 'SUSPENDED',
    permission: string,
    writes: boolean,
  ): string => {
    try {
      requirePermission(
        table,
        { subject: { kind: 'user', role, overrides: [] }, sellerStatus, readOnly: false },
        { permission, writes, limitsAccounts: false, evenSuspended: false },
        new Date(0),
      )
      return 'passes'
    } catch (error) {
      if (hasCode(error, 'forbidden')) return 'forbidden'
      return hasCode(error, 'seller-suspended') ? 'seller-suspended' : 'breaks'
    }
  }

  it('lets pass what the table allows, and nothing else', () => {
    expect(judge('OPERATOR', 'ACTIVE', 'accounts:sync', true)).toBe('passes')
    expect(judge('OPERATOR', 'ACTIVE', 'accounts:connect', true)).toBe('forbidden')
    expect(judge('OPERATOR', 'ACTIVE', 'claims:resolve', true)).toBe('forbidden')
    expect(judge('OWNER', 'ACTIVE', 'orders:unheard-of', false)).toBe('forbidden')
    expect(judge('OWNER', 'ACTIVE', 'public', false)).toBe('forbidden')
  })

  it('lets a suspended seller read and not write', () => {
    expect(judge('OWNER', 'SUSPENDED', 'orders:read', false)).toBe('passes')
    expect(judge('OWNER', 'SUSPENDED', 'accounts:sync', true)).toBe('seller-suspended')
    // the role is told first: nobody learns from it whether the seller is suspended
    expect(judge('VIEWER', 'SUSPENDED', 'accounts:sync', true)).toBe('forbidden')
  })
})
