/** Two processes of the API on one database, as far as they share anything: the app twice, by two pools. */
import process from 'node:process'
import { afterAll, beforeAll } from 'vitest'
import type { Auth } from '../../core/auth/auth.ts'
import type { OpenedSession } from '../../core/auth/sessions.ts'
import { openDatabase } from '../../core/db/scope.ts'
import { type App, createApp } from '../../core/http/app.ts'
import { silentLog } from '../../core/log.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { testScopeKey } from '../support/scope-key.ts'
import { openAuth, plainHasher } from '../support/sign-in.ts'
import { fakeServices, nobodyElse } from './fake-services.ts'

interface Node {
  readonly app: App
  readonly auth: Auth
}
export interface TwoNodes {
  readonly fresh: FreshDatabase
  /** By turns. */
  readonly node: (at: number) => Node
  readonly clock: { now: number }
  readonly person: () => Promise<TestSeller>
  readonly signIn: (who: TestSeller) => Promise<OpenedSession>
}

/** `ROBNU_ROUNDS` and `ROBNU_SEED` say how many rounds, and which. */
export const rounds = Number(process.env['ROBNU_ROUNDS'] ?? 8)
export const seed = Number(process.env['ROBNU_SEED'] ?? Date.now() % 1_000_000)
/** Of a whole test: no round takes this long. */
export const timeout = 30_000 + rounds * 2_000
let state = seed * 2 + 1
/** Park and Miller's: enough to choose moments by. */
export const draw = (below: number): number => {
  state = state * 48_271 % 2_147_483_647
  return state % below
}

export const password = 'eleven purple geese'

/** Tells `figures` at the end, in a line that the proof reads. */
export const useTwoNodes = (figures: Record<string, unknown>): TwoNodes => {
  const clock = { now: Date.now() }
  const nodes: (Node & { readonly close: () => Promise<void> })[] = []
  const world: { fresh?: FreshDatabase } = {}
  let sources = 0
  const node = (at: number): Node => {
    const found = nodes[at % nodes.length]
    if (found === undefined) throw new Error('The nodes are not open')
    return found
  }
  const freshOf = (): FreshDatabase => {
    if (world.fresh === undefined) throw new Error('The database is not open')
    return world.fresh
  }

  beforeAll(async () => {
    const fresh = await freshDatabase({ maxConnections: 8 })
    world.fresh = fresh
    const now = () => new Date(clock.now)
    for (const _node of ['one', 'two']) {
      const db = await openDatabase({
        url: fresh.urls.app,
        platformUrl: fresh.urls.platform,
        scopeKey: testScopeKey,
        maxConnections: 6,
      })
      const { auth } = await openAuth(db, { hasher: plainHasher, now })
      const app = createApp({
        services: { auth, ...nobodyElse, ...fakeServices(() => {}) },
        permissions: createPermissions(),
        checks: {},
        cursorKey: new Uint8Array(32).fill(7),
        ...{ log: silentLog, now, version: '0.0.0' },
      })
      nodes.push({ app, auth, close: db.close })
    }
  })
  afterAll(async () => {
    process.stdout.write(`Raced: ${JSON.stringify({ seed, rounds, ...figures })}\n`)
    await Promise.all(nodes.map(({ close }) => close()))
    await world.fresh?.close()
  })

  return {
    get fresh() {
      return freshOf()
    },
    node,
    clock,
    person: () => makeSeller(freshOf().db, { passwordHash: `plain:${password}` }),
    signIn: async ({ email }) => {
      // each from its own address: nobody is slowed down
      sources++
      const ip = `10.${sources >> 16}.${sources >> 8 & 255}.${sources & 255}`
      return await node(0).auth.signIn({ email, password, client: { ip, userAgent: null } })
    },
  }
}
