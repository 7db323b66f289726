/** The API alone, on a database of its own: for what is measured of signing in. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPasswordHasher } from '#core/auth/passwords.ts'
import { boot } from '#core/boot.ts'
import { secretsOf } from '#core/boot/sign-in.ts'
import { readConfig } from '#core/config.ts'
import { withOperations } from '#core/db/operations.ts'
import { newId } from '#core/ids.ts'
import { silentLog } from '#core/log.ts'
import { ensureRoles } from '../../local/roles.ts'
import { startPostgres } from '../../local/postgres.ts'
import { migrateAll } from '../../migrate.ts'
import { cleanEnvironment } from './environment.ts'

export interface SignInLab {
  readonly url: string
  /** Addresses of people who have all the same password; each works for one seller. */
  readonly makePeople: (count: number) => Promise<readonly string[]>
  readonly password: string
  /** As the client at this address, one of some million. */
  readonly post: (path: string, json: unknown, source: number) => Promise<Response>
  readonly close: () => Promise<void>
}

export const openSignInLab = async (): Promise<SignInLab> => {
  const dir = mkdtempSync(join(tmpdir(), 'robnu-sign-in-'))
  const postgres = await startPostgres({
    dir: join(dir, 'postgres'),
    passwordFile: join(dir, 'superuser'),
    durable: false,
  })
  const urls = await ensureRoles(postgres.superuserUrl(), {
    database: 'robnu',
    passwords: (login) => `lab-${login}`,
  })
  const env = {
    ...cleanEnvironment(),
    ...urls,
    ROBNU_SECRET: randomBytes(32).toString('hex'),
    ROBNU_JWT_KEYS: keySet(),
    ROBNU_AUDIT_KEYS: keySet(),
    // nobody listens there: signing in asks neither queues nor keys
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    ROBNU_LIMITS: 'burst=1000000/60,write=1000000/60,address=1000000/60',
    // the address of the client is what X-Forwarded-For says
    ...{ ROBNU_PLUGINS: '', ROBNU_RUN: 'api', ROBNU_PROXIES: '1', PORT: '0' },
  }
  await migrateAll(env, () => {})
  const config = readConfig(env)
  const app = await boot(config, {
    log: silentLog,
    // mails are taken at once, by nobody
    fetch: () => Promise.resolve(new Response(null, { status: 204 })),
  })
  await app.start()
  const password = `pass ${newId()}`
  const url = app.url() ?? ''
  return {
    url,
    password,
    makePeople: async (count) => {
      const hasher = createPasswordHasher({ secrets: secretsOf(config) })
      // one hash for all: what a check costs does not depend on it
      const hash = await hasher.hash(password)
      await hasher.close()
      const emails = Array.from({ length: count }, () => `${newId()}@known.example`)
      await withOperations(postgres.superuserUrl('robnu'), (sql) =>
        sql`
          with org as (
            insert into orgs (id, name) values (gen_random_uuid(), 'Lab') returning id
          ), asked as (
            select email, gen_random_uuid() as seller, gen_random_uuid() as identity
            from unnest(${emails}::text[]) email
          ), made_sellers as (
            insert into sellers (id, org_id, name)
            select asked.seller, org.id, asked.email from asked, org
          ), made_identities as (
            insert into identities (id, email, password_hash)
            select identity, email, ${hash} from asked
          )
          insert into seller_users (seller_id, id, identity_id, role)
          select seller, gen_random_uuid(), identity, 'OWNER' from asked`)
      return emails
    },
    post: (path, json, source) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': `10.${source >> 16 & 255}.${source >> 8 & 255}.${source & 255}`,
        },
        body: JSON.stringify(json),
      }),
    close: async () => {
      await app.stop()
      await postgres.stop()
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const keySet = (): string => {
  const { privateKey } = generateKeyPairSync('ed25519')
  return JSON.stringify({ keys: [{ ...privateKey.export({ format: 'jwk' }), kid: newId() }] })
}
