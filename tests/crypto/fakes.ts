/** A database that knows `seller_keys` alone, and a key service in memory; both count. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { Buffer } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers'
import { sameBytes } from '../../core/crypto/digest.ts'
import type { KeyWrapping } from '../../core/crypto/kms.ts'
import type { Database, Entry, Queries } from '../../core/db/database.ts'
import type { Statement } from '../../core/db/sql.ts'
import { fault } from '../../core/errors.ts'

export interface FakeRow {
  sellerId: string
  purpose: string
  version: number
  wrapped: Uint8Array
  state: string
  uses: number
  root: number | null
}
export interface FakeDatabase {
  readonly db: Database
  readonly rows: FakeRow[]
  readonly statements: string[]
  /** True inside a scope's work, and in what it calls. */
  readonly isInScope: () => boolean
  /** Entries with one of these refs are over. */
  readonly over: Set<string>
}

export const fakeDatabase = (rows: FakeRow[] = []): FakeDatabase => {
  const run = (entry: Entry, { sql, values }: Statement): readonly unknown[] => {
    if (fake.over.has(entry.ref)) {
      throw fault(entry.kind === 'impersonation' ? 'impersonation-over' : 'session-over')
    }
    fake.statements.push(sql.trim().split(/\s+/).slice(0, 2).join(' '))
    if (/^\s*select/.test(sql)) return rows.filter((row) => row.sellerId === entry.sellerId)
    if (/^\s*insert/.test(sql)) {
      const ofRoot = sql.includes(`'root', $`)
      const [sellerId, version, wrapped, purpose, root] = ofRoot
        ? [values[0], values[1], values[2], 'root', null]
        : [values[3], values[1], values[2], values[0], values[4]]
      const isOf = (row: FakeRow) => row.sellerId === sellerId
      const isThere = rows.some((row) =>
        isOf(row) && row.purpose === purpose && row.version === version
      )
      const wraps = (row: FakeRow) =>
        isOf(row) && row.purpose === 'root' && row.version === root && row.state === 'CURRENT' &&
        sameBytes(row.wrapped, bytesIn(values[5]))
      if (isThere || (!ofRoot && !rows.some(wraps))) return []
      rows.push({
        ...{ sellerId: String(sellerId), purpose: String(purpose), version: Number(version) },
        ...{ wrapped: bytesIn(wrapped), state: 'CURRENT', uses: 0 },
        root: ofRoot ? null : Number(root),
      })
      return [{}]
    }
    const seal = (version: unknown) =>
      rows.find((row) =>
        row.sellerId === entry.sellerId && row.purpose === 'seal' && row.version === version &&
        row.state === 'CURRENT'
      )
    if (sql.includes(`'RETIRED'`)) {
      const row = seal(values[1])
      if (row) row.state = 'RETIRED'
      return row ? [{}] : []
    }
    const [block, limit, , version, least] = values as number[]
    const row = seal(version)
    if (!row || row.uses + (least ?? 0) > (limit ?? 0)) return []
    const reserved = Math.min(block ?? 0, (limit ?? 0) - row.uses)
    row.uses += reserved
    return [{ reserved }]
  }
  const queries = (entry: Entry): Queries => {
    const any = async <Row>(statement: Statement<Row>): Promise<readonly Row[]> => {
      await tick()
      return run(entry, statement) as readonly Row[]
    }
    return {
      any,
      one: async (statement) => (await any(statement))[0] ?? refuse(),
      maybeOne: async (statement) => (await any(statement))[0] ?? null,
      run: async (statement) => (await any(statement)).length,
    }
  }
  const scope = new AsyncLocalStorage<true>()
  const db: Database = {
    withSellerScope: (entry, work) =>
      scope.run(
        true,
        () =>
          work({ ...queries(entry), atCommit: refuse, ifUndone: refuse, sellerId: entry.sellerId }),
      ),
    makeInSellerScope: refuse,
    inSellerScope: queries,
    withPlatformScope: refuse,
    withStaffScope: refuse,
    gate: queries({ sellerId: '', kind: 'session', ref: '' }),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  const isInScope = () => scope.getStore() ?? false
  const fake: FakeDatabase = { db, rows, statements: [], isInScope, over: new Set() }
  return fake
}

export interface FakeKms extends KeyWrapping {
  /** Every key that was given out in clear, as it lies in the receiver's hands. */
  readonly given: Uint8Array[]
  calls: number
  down: boolean
  /** Run before each answer. */
  before: () => void | Promise<void>
}

/** Fakes that share `vault` are one KMS. */
export const fakeKms = (vault = new Map<string, Uint8Array>()): FakeKms => {
  const answer = async (): Promise<void> => {
    fake.calls += 1
    await tick()
    await fake.before()
    if (fake.down) {
      throw fault('keys-unavailable', { retryAfterSeconds: 5, cause: new Error('down') })
    }
  }
  const give = (key: Uint8Array): Uint8Array => {
    fake.given.push(key)
    return key
  }
  const fake: FakeKms = {
    given: [],
    calls: 0,
    down: false,
    before: () => {},
    generate: async (_alias, context) => {
      await answer()
      const plain = new Uint8Array(randomBytes(32))
      const wrapped = new Uint8Array(randomBytes(16))
      vault.set(nameOf(wrapped, context), plain.slice())
      return { plain: give(plain), wrapped }
    },
    unwrap: async (wrapped, context) => {
      await answer()
      const plain = vault.get(nameOf(wrapped, context))
      if (plain === undefined) throw new Error('wrong context')
      return give(plain.slice())
    },
    ensureAlias: () => Promise.resolve(),
  }
  return fake
}

export const isZero = (key: Uint8Array): boolean => key.every((byte) => byte === 0)
export const fingerprint = (key: Uint8Array): string =>
  createHash('sha256').update(key).digest('hex')

const nameOf = (wrapped: Uint8Array, context: Readonly<Record<string, string>>): string =>
  `${Buffer.from(wrapped).toString('hex')} ${JSON.stringify(context)}`

/** The tag wraps bytes; a driver hands out a copy. */
const bytesIn = (value: unknown): Uint8Array => new Uint8Array(value as Uint8Array)

const tick = () => new Promise<void>((resolve) => setImmediate(resolve))

const refuse = (): never => {
  throw new Error('not in this fake')
}
