import { describe, expect, it } from 'vitest'
import { hasCode } from '../../core/errors.ts'
import type { Role } from '../../core/plugin.ts'
import { requirePermission } from '../../core/rbac/guard.ts'
import { corePermissions, createPermissions, may, roles } from '../../core/rbac/permissions.ts'

const table = createPermissions([{
  id: 'claims',
  permissions: { 'claims:resolve': ['OWNER', 'ADMIN', 'FINANCE'] },
}])

/** The matrix as a person would write it: the table is compared with it cell by cell. */
const matrix: Readonly<Record<keyof typeof corePermissions | 'claims:resolve', string>> = {
  //                  OWNER ADMIN OPERATOR FINANCE VIEWER
  'profile:read': '     yes   yes   yes      yes     yes',
  'orders:read': '      yes   yes   yes      yes     yes',
  'customers:read': '   yes   yes   yes      no      no ',
  'accounts:read': '    yes   yes   yes      yes     yes',
  'accounts:connect': ' yes   yes   no       no      no ',
  'accounts:sync': '    yes   yes   yes      no      no ',
  'runs:read': '        yes   yes   yes      yes     yes',
  'claims:resolve': '   yes   yes   no       yes     no ',
}

describe('the permission table', () => {
  it('is the matrix, cell by cell', () => {
    expect([...table.keys()].toSorted()).toEqual(Object.keys(matrix).toSorted())
    for (const [permission, row] of Object.entries(matrix)) {
      const cells = row.trim().split(/\s+/)
      const found = roles.map((role) => may(table, role, permission) ? 'yes' : 'no')
      expect(found, permission).toEqual(cells)
    }
  })

  it('denies what it does not know', () => {
    for (const role of roles) {
      for (const permission of ['', 'public', 'orders:delete', '*', 'constructor', '__proto__']) {
        expect(may(table, role, permission)).toBe(false)
      }
    }
    for (const role of ['ROOT', '', 'owner', 'constructor'] as unknown as Role[]) {
      expect(may(table, role, 'orders:read')).toBe(false)
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
      requirePermission(table, { role, sellerStatus }, permission, { writes })
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
