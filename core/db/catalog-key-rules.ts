/**
 * Rules on keys and indexes. Row security guards neither uniqueness nor references: a key that does
 * not begin with the seller tells one seller what another has, or loses its row in silence.
 */
import type { Constraint, Relation } from './catalog.ts'
import { roleNames } from './catalog-allow.ts'
import type { CatalogRule, Found } from './catalog-rules.ts'
import { sellerKey, sellersTables } from './catalog-table-rules.ts'

const isLedBySeller = (table: Relation, columns: readonly (string | null)[]): boolean =>
  columns[0] === sellerKey(table.name)

const ofKind = (table: Relation, kind: Constraint['kind']): readonly Constraint[] =>
  table.constraints.filter((constraint) => constraint.kind === kind)

const isWritten = (table: Relation, role: string): boolean =>
  table.grants.some((grant) =>
    grant.role === role && ['INSERT', 'UPDATE'].includes(grant.privilege)
  )
const isRead = (table: Relation, role: string): boolean =>
  table.grants.some((grant) => grant.role === role && grant.privilege === 'SELECT')

export const keyRules = {
  'primary-key': function* (catalog, allow): Iterable<Found> {
    for (const table of sellersTables(catalog, allow)) {
      const [key] = ofKind(table, 'primary')
      if (key === undefined) yield [table.name, 'has no primary key']
      else if (!isLedBySeller(table, key.columns)) {
        yield [table.name, `primary key does not begin with ${sellerKey(table.name)}`]
      }
    }
  },

  'unique-key': function* (catalog, allow): Iterable<Found> {
    for (const table of sellersTables(catalog, allow)) {
      const keys = [
        ...ofKind(table, 'unique'),
        ...table.indexes.filter((index) => index.isUnique && !index.isConstraint),
      ]
      for (const key of keys.filter(({ columns }) => !isLedBySeller(table, columns))) {
        yield [key.name, `is unique across sellers: begin it with ${sellerKey(table.name)}`]
      }
    }
  },

  'exclusion-constraint': function* (catalog, allow): Iterable<Found> {
    for (const table of sellersTables(catalog, allow)) {
      for (const { name } of ofKind(table, 'exclusion')) {
        yield [name, 'excludes rows whoever sees them: an oracle, as a unique key would be']
      }
    }
  },

  'foreign-key': function* (catalog, allow): Iterable<Found> {
    const tables = sellersTables(catalog, allow)
    for (const table of tables) {
      for (const { name, columns, target, targetColumns } of ofKind(table, 'foreign')) {
        const to = tables.find((one) => one.name === target)
        if (!to) continue
        const isLed = isLedBySeller(table, columns) && isLedBySeller(to, targetColumns)
        // the seller alone names a seller, and nothing else
        const isWhole = to.name === 'sellers' ? columns.length === 1 : columns.length > 1
        if (!isLed || !isWhole) {
          yield [name, `points at "${to.name}" of any seller: begin both sides with the seller`]
        }
      }
    }
  },

  'foreign-key-from-list': function* (catalog, allow): Iterable<Found> {
    const tables = sellersTables(catalog, allow)
    for (const table of catalog.relations.filter(({ name }) => name in allow.tables)) {
      for (const { name, target } of ofKind(table, 'foreign')) {
        if (tables.some((one) => one.name === target)) {
          yield [name, `ties "${table.name}", which belongs to nobody, to a seller's row`]
        }
      }
    }
  },

  'foreign-key-oracle': function* (catalog, allow): Iterable<Found> {
    const { tenant } = roleNames
    for (const table of sellersTables(catalog, allow).filter((one) => isWritten(one, tenant))) {
      for (const { name, target } of ofKind(table, 'foreign')) {
        const to = catalog.relations.find((one) => one.name === target)
        if (!to || !(to.name in allow.tables) || isRead(to, tenant)) continue
        yield [name, `tells a seller which rows "${to.name}" has, though it may not read them`]
      }
    }
  },

  'index-order': function* (catalog, allow): Iterable<Found> {
    for (const table of sellersTables(catalog, allow)) {
      for (const index of table.indexes) {
        if (index.isUnique || index.isConstraint || index.name in allow.indexes) continue
        if (!isLedBySeller(table, index.columns)) {
          yield [index.name, `does not begin with ${sellerKey(table.name)}, and is not listed`]
        }
      }
    }
  },

  'cross-seller-index': function* (catalog, allow): Iterable<Found> {
    for (const { name, isUnique, predicate } of catalog.relations.flatMap((one) => one.indexes)) {
      if (!(name in allow.indexes)) continue
      if (isUnique) yield [name, 'is listed as across sellers, and must not be unique']
      else if (predicate === null) yield [name, 'is listed as across sellers, and must be partial']
    }
  },
} as const satisfies Readonly<Record<string, CatalogRule>>
