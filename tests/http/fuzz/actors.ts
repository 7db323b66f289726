/** Whoever sends: people of every role, programs, staff, staff inside of a seller, and nobody. */
import { createHash, randomBytes } from 'node:crypto'
import { ensureSuperAdmin } from '#core/auth/staff-people.ts'
import { roles } from '#core/auth/principal.ts'
import { staffCookieName } from '#core/http/cookie.ts'
import { newId } from '#core/ids.ts'
import { type Ask, clientAt } from '../../isolation/clients.ts'
import type { Party, Person } from '../../isolation/parties.ts'
import type { Store, WholeApp } from '../../isolation/whole-app.ts'
import type { FuzzAnswer } from './judge.ts'
import type { FuzzRequest } from './requests.ts'

export interface FuzzActor {
  readonly name: string
  /** What says who it is, as it stands now. */
  readonly headers: () => Readonly<Record<string, string>>
}

const nobody: FuzzActor = { name: 'nobody', headers: () => ({}) }

/** The owner comes first, and nobody last. */
export const fuzzActorsOf = async (
  store: Store,
  app: WholeApp,
  { people, sellerId }: Party,
): Promise<readonly FuzzActor[]> => {
  const { client, password } = people.OWNER
  await asked(client.ask('POST', '/v1/auth/step-up', { password }), 200)
  const inside = await staffOf(store, app, sellerId, client.ask)
  return [
    ...roles.map((role) => ({ name: role, headers: () => ({ cookie: cookiesOf(people[role]) }) })),
    ...await keysOf(client.ask),
    ...inside,
    nobody,
  ]
}

const cookiesOf = ({ client: { jar } }: Person): string =>
  [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

const keysOf = (owner: Ask): Promise<readonly FuzzActor[]> => {
  const scopes = [['orders:read'], ['accounts:read', 'accounts:sync', 'runs:read', 'audit:read']]
  return Promise.all(scopes.map(async (some) => {
    const body = { name: 'A program', scopes: some }
    const { secret } = await asked(owner('POST', '/v1/api-keys', body), 201)
    const name = `key for ${some.join()}`
    return { name, headers: () => ({ authorization: `Bearer ${secret}` }) }
  }))
}

/** Staff with a fresh second factor, and the same person in a session that the owner has approved. */
const staffOf = async (
  { db }: Store,
  { sql, url }: WholeApp,
  sellerId: string,
  owner: Ask,
): Promise<readonly FuzzActor[]> => {
  const id = newId()
  const unused = { passwordHash: 'none', totpSecretEnc: randomBytes(32) }
  await ensureSuperAdmin(db, { id, email: `${id}@robnu.example`, name: 'Meera', ...unused })
  const token = `rs_${randomBytes(32).toString('base64url')}`
  const digest = createHash('sha256').update(token).digest()
  await sql`
    insert into staff_sessions (id, super_admin_id, token_hash, expires_at, stepped_up_at)
    values (${newId()}, ${id}, ${digest}, now() + interval '11 hours', now())`
  const headers = { cookie: `${staffCookieName}=${token}` }
  const { ask } = clientAt(url, headers)
  const path = '/v1/staff/impersonations'
  const wanted = { seller_id: sellerId, reason: 'Orders of last week are missing', ticket: 'SUP-1' }
  const session = await asked(ask('POST', path, { ...wanted, minutes: 60 }), 201)
  // a seller that wants to be told only has agreed already
  if (session.state === 'REQUESTED') {
    await asked(owner('POST', `/v1/impersonations/${session.id}/approve`), 200)
  }
  await asked(ask('POST', `${path}/${session.id}/start`), 200)
  return [
    { name: 'staff', headers: () => headers },
    {
      name: 'impersonator',
      headers: () => ({ ...headers, 'x-robnu-impersonation': String(session.id) }),
    },
  ]
}

const asked = async (
  answering: ReturnType<Ask>,
  wanted: number,
): Promise<Readonly<Record<string, unknown>>> => {
  const { status, text } = await answering
  if (status !== wanted) throw new Error(`Cannot prepare who sends: ${status} ${text}`)
  return JSON.parse(text)
}

/** Bytes as they were drawn; what the request says of itself stands before what the actor is. */
export const sendAs = async (
  { url }: Pick<WholeApp, 'url'>,
  actor: FuzzActor,
  { method, path, headers, body }: FuzzRequest,
): Promise<FuzzAnswer> => {
  const response = await fetch(url + path, {
    method,
    headers: { ...actor.headers(), ...headers },
    redirect: 'manual',
    ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
