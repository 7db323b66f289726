/** What a database grants and guards, as plain data: read from its catalog, judged by the rules. */
import { readFunctions, readOperators, readRoles, readSchemas } from './catalog-access.ts'
import { readRelations } from './catalog-relations.ts'
import type { Operations, OperationsTx } from './operations.ts'

/** Any login may read the catalog, so `migrate` can as well as a test. */
export type Reader = Operations | OperationsTx

/** Never the owner's own privileges: nobody can be kept from those. */
export interface Grant {
  /** `PUBLIC` for everybody. */
  readonly role: string
  /** Such as `SELECT`. */
  readonly privilege: string
  /** Null: of the whole object. */
  readonly column: string | null
  readonly grantable: boolean
}
export interface Column {
  readonly name: string
  readonly type: string
  /** The type, or what it is made of, is an enum. */
  readonly isEnum: boolean
  readonly notNull: boolean
  readonly default: string | null
  readonly isIdentity: boolean
  readonly isGenerated: boolean
}
export interface Constraint {
  readonly name: string
  /** `trigger` is the old kind of constraint trigger. */
  readonly kind: 'primary' | 'unique' | 'foreign' | 'check' | 'exclusion' | 'trigger'
  readonly columns: readonly string[]
  readonly target: string | null
  readonly targetColumns: readonly string[]
  readonly definition: string
}
export interface Index {
  readonly name: string
  readonly isUnique: boolean
  /** Of a primary, unique or exclusion constraint, which is judged there. */
  readonly isConstraint: boolean
  /** The keys in order; null for an expression. */
  readonly columns: readonly (string | null)[]
  readonly predicate: string | null
  readonly definition: string
}
export interface Policy {
  readonly name: string
  readonly isPermissive: boolean
  readonly command: string
  readonly roles: readonly string[]
  readonly using: string | null
  readonly check: string | null
}
export interface Relation {
  readonly name: string
  readonly kind: 'table' | 'view' | 'materialised view' | 'foreign table' | 'sequence'
  readonly owner: string
  readonly rowSecurity: boolean
  readonly forced: boolean
  readonly options: readonly string[]
  /** Rewrite rules that are not the one behind a view. */
  readonly rewrites: readonly string[]
  readonly columns: readonly Column[]
  readonly constraints: readonly Constraint[]
  readonly indexes: readonly Index[]
  readonly policies: readonly Policy[]
  readonly triggers: readonly string[]
  readonly grants: readonly Grant[]
}
export interface DatabaseFunction {
  /** Name and types: `app_gate_function(text, text)`. */
  readonly signature: string
  readonly result: string
  readonly language: string
  readonly volatility: 'immutable' | 'stable' | 'volatile'
  readonly owner: string
  readonly isDefiner: boolean
  readonly settings: readonly string[]
  /** PostgreSQL has a function of this name, with whatever parameters. */
  readonly isShadow: boolean
  readonly grants: readonly Grant[]
}
export interface Role {
  readonly name: string
  readonly isLogin: boolean
  readonly inherits: boolean
  /** Attributes that reach over a policy or a grant: `SUPERUSER`, `BYPASSRLS`, … */
  readonly powers: readonly string[]
}
export interface Membership {
  readonly member: string
  readonly role: string
  readonly inherit: boolean
  readonly set: boolean
  readonly admin: boolean
}
/** The schema of ours, or the database itself. */
export interface Place {
  readonly name: string
  readonly owner: string
  readonly grants: readonly Grant[]
}
export interface Catalog {
  readonly database: Place
  /** All but PostgreSQL's own. */
  readonly schemas: readonly Place[]
  readonly relations: readonly Relation[]
  readonly functions: readonly DatabaseFunction[]
  /** Those of the schema `public`: `||(integer,integer)`. */
  readonly operators: readonly string[]
  /** Of the whole server, PostgreSQL's own left out. */
  readonly roles: readonly Role[]
  /** With PostgreSQL's own roles, where one of ours is a member. */
  readonly memberships: readonly Membership[]
  /** `alter role … set`, `alter database … set`: `robnu_app: row_security=off`. */
  readonly settings: readonly string[]
}

/** The schema `public` of the database, and the roles of its server; names in byte order. */
export const readCatalog = async (sql: Reader): Promise<Catalog> => ({
  ...await readSchemas(sql),
  ...await readRoles(sql),
  relations: await readRelations(sql),
  functions: await readFunctions(sql),
  operators: await readOperators(sql),
})
