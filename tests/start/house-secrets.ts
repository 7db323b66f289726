/** What the house itself keeps secret: keys of the process, of KMS, of sellers; tokens of staff. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contextOf, type KeyName, unwrapUnder } from '#core/crypto/key-wrap.ts'
import { createKms } from '#core/crypto/kms.ts'
import { openDatabase } from '#core/db/scope.ts'
import { silentLog } from '#core/log.ts'
import type { App, House } from '../../scripts/proof/support/house.ts'
import { makeStaff } from '../isolation/staff.ts'
import type { Secrets } from './secrets.ts'

/** To be called while the parts run. */
export const houseSecrets = async (house: House, app: App, home: string): Promise<Secrets> => {
  const secrets: Secrets = new Map()
  for (const file of readdirSync(join(home, 'keys'))) {
    const text = readFileSync(join(home, 'keys', file), 'utf8').trim()
    const isSet = file.endsWith('.json')
    // of a set of keys the private part alone is secret
    secrets.set(`file keys/${file}`, isSet ? JSON.parse(text).keys[0].d : text)
  }
  for (const [at, key] of longTexts(readFileSync(join(home, 'cloud/kms.json'), 'utf8')).entries()) {
    secrets.set(`key ${at} of KMS`, key)
  }
  for (const [name, bytes] of await sellersKeys(house)) secrets.set(name, { name, bytes })
  secrets.set('token of staff', await staffToken(house, app))
  return secrets
}

/** Material of keys is base64 of 32 bytes. */
const longTexts = (text: string): readonly string[] =>
  (text.match(/"[A-Za-z0-9+/_-]{40,}={0,2}"/g) ?? []).map((one) => one.slice(1, -1))

/** In clear, as the process has them in memory. */
const sellersKeys = async ({ env, asSuperuser }: House): Promise<Map<string, Uint8Array>> => {
  const { AWS_REGION: region = '', AWS_ENDPOINT_URL: endpoint = '' } = env
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const kms = createKms({ region, endpoint, credentials, log: silentLog })
  const rows = await asSuperuser((sql) =>
    sql<(KeyName & { seller: string; wrapped: Uint8Array })[]>`
      select seller_id as seller, purpose, version, wrapped from seller_keys
      order by root is not null`
  )
  const keys = new Map<string, Uint8Array>()
  const roots = new Map<string, Uint8Array>()
  for (const { seller, wrapped, ...name } of rows) {
    const root = roots.get(seller)
    const key = root === undefined
      ? await kms.unwrap(wrapped, contextOf(seller, name))
      : unwrapUnder(root, seller, name, wrapped)
    if (name.purpose === 'root') roots.set(seller, key)
    keys.set(`${name.purpose} key of a seller`, key)
  }
  kms.close()
  return keys
}

const staffToken = async ({ env }: House, app: App): Promise<string> => {
  const { DATABASE_URL: url = '', DATABASE_PLATFORM_URL: platformUrl = '' } = env
  const { ROBNU_SECRET: secret = '' } = env
  const db = await openDatabase({ url, platformUrl, maxConnections: 1 })
  const { client } = await makeStaff({ url: app.url, store: { db }, secret }).finally(db.close)
  const token = client.jar.get('__Host-robnu-staff')
  if (token === undefined) throw new Error('Staff have no token')
  return token
}
