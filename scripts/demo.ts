/** The demo: two sellers who connect the sandboxes' accounts through the API, as anybody would. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPasswordHasher } from '#core/auth/passwords.ts'
import { normalEmail } from '#core/auth/emails.ts'
import type { Database } from '#core/db/database.ts'
import type { Role } from '#core/plugin.ts'
import { ensureSeller } from '#core/tenancy/provision.ts'
import type { Home } from './local/home.ts'
import type { Parts } from './local/parts.ts'

export interface DemoUser {
  readonly email: string
  readonly password: string
  readonly role: Role
}
export interface DemoSeller {
  readonly name: string
  readonly users: readonly DemoUser[]
}

const people: readonly { name: string; users: readonly { email: string; role: Role }[] }[] = [
  {
    name: 'Asha Textiles',
    users: [
      { email: 'asha@asha-textiles.example', role: 'OWNER' },
      { email: 'viewer@asha-textiles.example', role: 'VIEWER' },
    ],
  },
  {
    name: 'Bharat Home Store',
    users: [{ email: 'bharat@bharat-home.example', role: 'OWNER' }],
  },
]

/** Makes the demo's sellers, or finds them; passwords are made once and kept with the keys. */
export const ensureDemoSellers = async (
  db: Database,
  home: Home,
): Promise<readonly DemoSeller[]> => {
  const hasher = createPasswordHasher()
  try {
    const sellers: DemoSeller[] = []
    for (const { name, users } of people) {
      const withPasswords = users.map((user) => ({
        ...user,
        password: home.secret(`demo-${user.email.replaceAll('@', '-at-')}`),
      }))
      const rows = []
      for (const { email, role, password } of withPasswords) {
        rows.push({ email: normalEmail(email), role, passwordHash: await hasher.hash(password) })
      }
      await ensureSeller(db, { name, users: rows })
      sellers.push({ name, users: withPasswords })
    }
    return sellers
  } finally {
    await hasher.close()
  }
}

/** What a newcomer, or a script, needs to know: readable by the owner of the folder alone. */
export const writeDemoFile = (
  home: Home,
  url: string,
  sellers: readonly DemoSeller[],
): string => {
  const file = join(home.path, 'demo.json')
  const users = sellers.flatMap(({ name, users }) =>
    users.map((user) => ({ seller: name, ...user }))
  )
  const content = {
    url,
    sellers: sellers.map(({ name, users: [owner] }) => ({
      name,
      email: owner?.email,
      password: owner?.password,
    })),
    users,
  }
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  chmodSync(file, 0o600)
  return file
}

/** One account of a demo seller and the run that brings its orders. */
export interface DemoRun {
  readonly seller: string
  readonly marketplace: string
  readonly accountId: string
  readonly externalAccountId: string
  readonly runId: string
  readonly expected: number
  readonly client: DemoClient
}
export type DemoClient = (method: string, path: string, body?: unknown) => Promise<{
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}>

/** Signs in and keeps the cookie, as a browser would. */
export const signInDemo = async (url: string, user: DemoUser): Promise<DemoClient> => {
  let cookie = ''
  const client: DemoClient = async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        cookie,
        ...body === undefined ? {} : { 'content-type': 'application/json' },
        // each call is a request of its own
        ...method === 'POST' ? { 'idempotency-key': crypto.randomUUID() } : {},
      },
      ...body === undefined ? {} : { body: JSON.stringify(body) },
    })
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
    const text = await response.text()
    const { status, headers } = response
    return { status, headers, body: text ? JSON.parse(text) : {} }
  }
  const { email, password } = user
  const { status, body } = await client('POST', '/v1/auth/login', { email, password })
  if (status !== 200) throw new Error(`Cannot sign in as ${email}: ${body['title']}`)
  return client
}

/** Connects what is not connected yet, and asks for a sync of every account. */
export const connectDemo = async (
  url: string,
  sellers: readonly DemoSeller[],
  sandboxes: Parts['sandboxes'],
  codeOf: (pluginId: string) => string | undefined,
): Promise<readonly DemoRun[]> => {
  const runs: DemoRun[] = []
  for (const [index, { name, users: [owner] }] of sellers.entries()) {
    if (!owner) continue
    const client = await signInDemo(url, owner)
    const listed = await client('GET', '/v1/marketplace-accounts')
    const known = listed.body['data'] as { id: string; external_account_id: string }[]
    const accounts = sandboxes.flatMap(({ pluginId, sandbox }) =>
      sandbox.accounts.filter((account, at) => (account.seller ?? at) === index)
        .map((account) => ({ pluginId, account }))
    )
    for (const { pluginId, account } of accounts) {
      const marketplace = codeOf(pluginId)
      if (!marketplace) continue
      const { externalAccountId, details, credentials, orders } = account
      const accountId = known.find((one) => one.external_account_id === externalAccountId)?.id ??
        await connectAccount(client, {
          marketplace,
          external_account_id: externalAccountId,
          name: account.name,
          details,
          credentials,
        })
      const asked = await client('POST', `/v1/marketplace-accounts/${accountId}/sync`, {})
      if (asked.status !== 202) throw new Error(`Cannot start a sync: ${asked.body['title']}`)
      const run = asked.body['run'] as { id: string }
      runs.push({
        ...{ seller: name, marketplace, accountId, externalAccountId, client },
        runId: run.id,
        expected: orders,
      })
    }
  }
  return runs
}

const connectAccount = async (client: DemoClient, account: object): Promise<string> => {
  const { status, body } = await client('POST', '/v1/marketplace-accounts', account)
  if (status !== 201) {
    throw new Error(`Cannot connect an account: ${body['title']} ${JSON.stringify(body['errors'])}`)
  }
  return String(body['id'])
}
