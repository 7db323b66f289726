/** A browser as far as cookies go: it keeps what it is told to keep, and sends it along. */
import { afterAll, beforeAll } from 'vitest'
import { type App, type AppDeps, createApp } from '../../core/http/app.ts'
import { createLog } from '../../core/log.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { type MailBox, mailBox, openAuth, plainHasher } from '../support/sign-in.ts'
import { fakeServices, nobodyElse } from './fake-services.ts'

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
  readonly headers: Headers
  /** The lines of Set-Cookie. */
  readonly cookies: readonly string[]
}
export interface Browser {
  readonly jar: Map<string, string>
  readonly ask: (
    method: string,
    path: string,
    json?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>
  /** One with the same cookies, which goes its own way from here. */
  readonly copy: () => Browser
}
export interface SignInWorld {
  readonly fresh: FreshDatabase
  readonly app: App
  readonly clock: { now: number }
  readonly mails: MailBox
  readonly lines: string[]
  readonly browser: (ip?: string) => Browser
}

/** Sign-in for real, on a database of its own and a clock of the test; data of sellers is made up. */
export const useSignInWorld = (deps: Partial<AppDeps> = {}): SignInWorld => {
  const world: { -readonly [K in keyof SignInWorld]?: SignInWorld[K] } = {}
  beforeAll(async () => {
    const fresh = await freshDatabase({ maxConnections: 8 })
    const clock = { now: Date.now() }
    const now = () => new Date(clock.now)
    const lines: string[] = []
    const log = createLog((line) => lines.push(line), now)
    const mails = mailBox(log)
    const { auth } = await openAuth(fresh.db, { hasher: plainHasher, now, log, mails })
    const app = createApp({
      services: { auth, ...nobodyElse, ...fakeServices(() => {}) },
      permissions: createPermissions(),
      checks: {},
      cursorKey: new Uint8Array(32).fill(7),
      ...{ log, now, version: '0.0.0', ...deps },
    })
    const browser = (ip = '192.0.2.1') => browserOf(app, ip, new Map())
    Object.assign(world, { fresh, app, clock, mails, lines, browser })
  })
  afterAll(async () => {
    await world.mails?.post.drain()
    await world.fresh?.close()
  })
  return world as SignInWorld
}

const browserOf = (app: App, ip: string, jar: Map<string, string>): Browser => ({
  jar,
  copy: () => browserOf(app, ip, new Map(jar)),
  ask: async (method, path, json, headers = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const request = new Request(`http://robnu.test${path}`, {
      method,
      headers: {
        ...(cookie === '' ? {} : { cookie }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    const answer = await app.fetch(request, { ip })
    const text = await answer.text()
    const cookies = answer.headers.getSetCookie()
    for (const line of cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (line.includes('Max-Age=0')) jar.delete(name)
      else jar.set(name, value)
    }
    const { status } = answer
    return { status, text, headers: answer.headers, cookies, body: text ? JSON.parse(text) : {} }
  },
})
