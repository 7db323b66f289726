/** Rules on grants: who may touch what, and what may stand beside the tables at all. */
import type { Catalog, Grant, Relation } from './catalog.ts'
import { type CatalogAllow, roleNames } from './catalog-allow.ts'
import type { CatalogRule, Found } from './catalog-rules.ts'

const { app, gate, platform, plugins, tenant } = roleNames

/** What the policies hold back; the other privileges reach past them. */
const guarded = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']

const said = ({ role, privilege, column }: Grant): string =>
  `${privilege}${column === null ? '' : ` (${column})`} to ${role}`

/** Listed tables have a rule of their own. */
const eachGrant = (isFault: (grant: Grant, relation: Relation) => boolean, why: string) =>
  function* (catalog: Catalog, allow: CatalogAllow): Iterable<Found> {
    for (const relation of catalog.relations) {
      if (relation.name in allow.tables) continue
      const faults = relation.grants.filter((grant) => isFault(grant, relation))
      if (faults.length > 0) yield [relation.name, `${why}: ${faults.map(said).join(', ')}`]
    }
  }

const ofKind = (kind: Relation['kind'], message: string): CatalogRule =>
  function* (catalog): Iterable<Found> {
    for (const relation of catalog.relations) {
      if (relation.kind === kind) yield [relation.name, message]
    }
  }

const isInvoker = ({ options }: Relation): boolean =>
  options.some((option) => /^security_invoker=(?:true|on|1|yes)$/.test(option))

export const grantRules = {
  'listed-grants': function* (catalog, allow): Iterable<Found> {
    for (const { name, grants } of catalog.relations) {
      const listed = allow.tables[name]
      if (listed === undefined) continue
      const wanted = Object.entries(listed.grants)
        .flatMap(([role, privileges]) => privileges.map((privilege) => `${privilege} to ${role}`))
      const found = grants.map((grant) => said(grant) + (grant.grantable ? ' with grant' : ''))
      const differ = [
        ...found.filter((one) => !wanted.includes(one)).map((one) => `+ ${one}`),
        ...wanted.filter((one) => !found.includes(one)).map((one) => `- ${one}`),
      ]
      if (differ.length > 0) yield [name, `grants are not those listed: ${differ.join(', ')}`]
    }
  },

  'listed-missing': function* (catalog, allow): Iterable<Found> {
    const tables = catalog.relations.filter(({ kind }) => kind === 'table')
    const there = new Set([
      ...tables.map(({ name }) => name),
      ...tables.flatMap(({ indexes }) => indexes.map(({ name }) => name)),
      ...catalog.functions.filter((one) => one.isDefiner).map(({ signature }) => signature),
    ])
    const listed = [allow.tables, allow.indexes, allow.functions].flatMap((list) =>
      Object.keys(list)
    )
    for (const name of listed.filter((one) => !there.has(one))) {
      yield [name, 'is listed as an exception and is not there: take it off the list']
    }
  },

  'grant-to-public': eachGrant(({ role }) => role === 'PUBLIC', 'is granted to everybody'),

  'grant-to-app': eachGrant(
    ({ role }) => role === app,
    'is granted to the bare login, which no scope guards',
  ),

  'grant-to-stranger': eachGrant(
    ({ role }) => !['PUBLIC', app, tenant, platform, gate, plugins].includes(role),
    'is granted to a role that has no policy',
  ),

  'grant-past-policies': eachGrant(
    ({ role, privilege, grantable }, { kind }) => {
      if (role === 'PUBLIC' || role === app) return false
      const isReference = privilege === 'REFERENCES' && role === plugins
      return grantable || kind === 'sequence' || !guarded.includes(privilege) && !isReference
    },
    'grants what no policy holds back',
  ),

  'view-of-owner': function* (catalog): Iterable<Found> {
    for (const view of catalog.relations) {
      if (view.kind !== 'view' || isInvoker(view)) continue
      yield [view.name, 'reads as its owner: create it with (security_invoker = true)']
    }
  },

  'materialised-view': ofKind('materialised view', 'keeps rows of all sellers, without a policy'),

  'foreign-table': ofKind('foreign table', 'holds rows that no policy of ours guards'),

  'other-schema': function* (catalog): Iterable<Found> {
    for (const { name } of catalog.schemas) {
      if (name !== 'public') yield [name, 'is a schema into which no rule looks']
    }
  },

  'schema-create': function* (catalog): Iterable<Found> {
    for (const { name, grants } of catalog.schemas.filter((one) => one.name === 'public')) {
      const makers = grants.filter(({ role, privilege, grantable }) =>
        grantable || privilege === 'CREATE' && role !== plugins
      )
      if (makers.length > 0) {
        yield [name, `lets others make objects: ${makers.map(said).join(', ')}`]
      }
    }
  },

  'database-grants': function* ({ database }): Iterable<Found> {
    const extra = database.grants.filter(({ privilege, grantable }) =>
      grantable || privilege !== 'CONNECT'
    )
    if (extra.length > 0) {
      yield [database.name, `grants more than a connection: ${extra.map(said).join(', ')}`]
    }
  },
} as const satisfies Readonly<Record<string, CatalogRule>>
