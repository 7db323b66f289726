/** Rules on the roles of the server: no way leads from the API's login around the policies. */
import type { Catalog, Membership } from './catalog.ts'
import { roleNames } from './catalog-allow.ts'
import type { CatalogRule, Found } from './catalog-rules.ts'

const { app, door, gate, owner, platform, plugins, tenant } = roleNames
const logins: readonly string[] = [app, platform, owner]
const ours: readonly string[] = Object.values(roleNames)

/** All that there are, from `migrations/roles.sql`. */
const wanted: readonly Membership[] = [
  { member: app, role: tenant, inherit: false, set: true, admin: false },
  { member: platform, role: door, inherit: false, set: true, admin: false },
  { member: owner, role: gate, inherit: false, set: true, admin: false },
  { member: owner, role: plugins, inherit: true, set: true, admin: false },
]

const isWanted = (found: Membership): boolean =>
  wanted.some((one) => (Object.keys(one) as (keyof Membership)[]).every((k) => one[k] === found[k]))

const said = ({ member, role, inherit, set, admin }: Membership): string =>
  `"${member}" in "${role}" with ${
    Object.entries({ inherit, set, admin }).filter(([, on]) => on).map(([name]) => name).join(
      ', ',
    ) ||
    'nothing'
  }`

/** Every role that a role is a member of, at whatever distance and with whatever options. */
const reachedBy = ({ memberships }: Catalog, start: string): ReadonlySet<string> => {
  const reached = new Set<string>()
  const open = [start]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const { member, role } of memberships) {
      if (member !== name || reached.has(role)) continue
      reached.add(role)
      open.push(role)
    }
  }
  return reached
}

export const roleRules = {
  'role-power': function* (catalog, allow): Iterable<Found> {
    for (const { name, powers } of catalog.roles) {
      if (powers.length === 0 || allow.administrators.includes(name)) continue
      yield [name, `is ${powers.join(', ')}: no policy holds it back`]
    }
  },

  'role-missing': function* (catalog): Iterable<Found> {
    for (const name of ours) {
      const role = catalog.roles.find((one) => one.name === name)
      if (role?.isLogin === logins.includes(name)) continue
      yield [name, `is not there as a ${logins.includes(name) ? 'login' : 'role without login'}`]
    }
  },

  // what a role inherits it has without asking for it, outside of every scope
  'role-inherits': function* (catalog): Iterable<Found> {
    for (const { name, inherits } of catalog.roles) {
      if (inherits && ours.includes(name)) yield [name, 'inherits what it is a member of']
    }
  },

  'app-membership': function* ({ memberships }): Iterable<Found> {
    const own = memberships.find(({ member, role }) => member === app && role === tenant)
    if (!own) yield [app, `is no member of "${tenant}"`]
    else if (!isWanted(own)) yield [app, `is a member with other options: ${said(own)}`]
  },

  'app-reach': function* (catalog): Iterable<Found> {
    const further = [...reachedBy(catalog, app)].filter((role) => role !== tenant)
    if (further.length > 0) yield [app, `can become "${further.join('", "')}"`]
  },

  'other-membership': function* ({ memberships }): Iterable<Found> {
    for (const membership of memberships) {
      const { member } = membership
      // the two rules above look at these
      if (member === app || member === tenant || !ours.includes(member)) continue
      if (!isWanted(membership)) yield [member, `is a member of more: ${said(membership)}`]
    }
  },

  'strange-login': function* (catalog, allow): Iterable<Found> {
    for (const { name, isLogin } of catalog.roles) {
      if (!isLogin || ours.includes(name) || allow.administrators.includes(name)) continue
      const reached = [...reachedBy(catalog, name)].filter((role) => ours.includes(role))
      if (reached.length > 0) {
        yield [name, `is no login of ours and reaches "${reached.join('", "')}"`]
      }
    }
  },

  // `app.*` would open a scope for whoever logs in
  'role-setting': function* ({ settings }): Iterable<Found> {
    for (const setting of settings) {
      if (/: (?:app\.|role=|row_security=|search_path=|session_authorization=)/i.test(setting)) {
        yield [setting, 'is set before any scope is opened']
      }
    }
  },
} as const satisfies Readonly<Record<string, CatalogRule>>
