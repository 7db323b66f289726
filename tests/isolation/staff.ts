/** Staff of the house, signed in with their second factor, and their way into a seller. */
import { ensureSuperAdmin } from '#core/auth/staff-people.ts'
import { newTotpSecret, totpCode } from '#core/auth/totp.ts'
import { createTotpVault } from '#core/auth/totp-vault.ts'
import { numberSecrets } from '#core/crypto/numbered.ts'
import type { Database } from '#core/db/database.ts'
import { newId } from '#core/ids.ts'
import { type Client, clientAt } from './clients.ts'
import { hashOnce, type House, type Party } from './parties.ts'

export interface Staff {
  readonly superAdminId: string
  readonly client: Client
}
/** A live session inside a seller: requests of its client act there. */
export interface LiveImpersonation {
  readonly id: string
  readonly staff: Staff
  readonly client: Client
}

type HouseOfStaff = Pick<House, 'url' | 'secret'> & {
  readonly store: { readonly db: Pick<Database, 'withPlatformScope'> }
}

const password = 'Nine-Copper-Kites-Over-Pune-zqcanary'
const codeSeconds = 30

/** A new one each time: a code of the second factor is good once, and the next one comes in half a minute. */
export const makeStaff = async ({ url, store, secret }: HouseOfStaff): Promise<Staff> => {
  const id = newId()
  const email = `staff-${id}@support.example`
  const secrets = numberSecrets(secret)
  const totpSecret = newTotpSecret()
  const { superAdminId } = await ensureSuperAdmin(store.db, {
    ...{ id, email, name: `Meera ${id.slice(-4)}` },
    passwordHash: await hashOnce(secret, password),
    totpSecretEnc: createTotpVault(secrets).seal(id, totpSecret),
  })
  const code = totpCode(totpSecret, Math.floor(Date.now() / 1000 / codeSeconds))
  const client = clientAt(url)
  const { status, text } = await client.ask('POST', '/v1/staff/login', { email, password, code })
  if (status !== 200) throw new Error(`Cannot sign in as staff: ${text}`)
  return { superAdminId, client }
}

/** Asks, is let in by the owner where that is needed, and comes in. */
export const comeIn = async (
  url: string,
  staff: Staff,
  party: Pick<Party, 'sellerId' | 'mark' | 'ask'>,
  mode: 'READ_ONLY' | 'READ_WRITE',
): Promise<LiveImpersonation> => {
  const done = async (
    answer: ReturnType<Client['ask']>,
  ): Promise<{ id: string; state: string }> => {
    const { status, text } = await answer
    if (status >= 400) throw new Error(`Cannot come into the seller: ${text}`)
    return JSON.parse(text)
  }
  const { ask } = staff.client
  const asked = await done(ask('POST', '/v1/staff/impersonations', {
    ...{ seller_id: party.sellerId, mode, minutes: 60 },
    ...{ reason: `Orders of ${party.mark} are missing`, ticket: `T-${party.mark}` },
  }))
  const { id, state } = asked
  if (state === 'REQUESTED') await done(party.ask('POST', `/v1/impersonations/${id}/approve`))
  await done(ask('POST', `/v1/staff/impersonations/${id}/start`))
  // the jar is shared: whoever signs out there is out here
  const client = clientAt(url, { 'x-robnu-impersonation': id }, staff.client.jar)
  return { id, staff, client }
}

/** Two sessions in the seller: one that was taken back, and one that lives, with something seen in it. */
export const lookInto = async (house: HouseOfStaff, party: Party): Promise<LiveImpersonation> => {
  const staff = await makeStaff(house)
  const first = await comeIn(house.url, staff, party, 'READ_ONLY')
  await staff.client.ask('POST', `/v1/staff/impersonations/${first.id}/end`)
  const live = await comeIn(house.url, staff, party, 'READ_ONLY')
  for (const path of ['/v1/orders?limit=1', '/v1/seller']) await live.client.ask('GET', path)
  return live
}
