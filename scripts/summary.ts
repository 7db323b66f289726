/** What the launcher says at the end: what was synced, and where to go on. */
import { randomBytes } from 'node:crypto'
import { entryOf } from '#core/auth/principal.ts'
import { normalEmail } from '#core/auth/emails.ts'
import { findIdentity } from '#core/auth/identities.ts'
import { createRefreshTokens } from '#core/auth/refresh-tokens.ts'
import { createSessions } from '#core/auth/sessions.ts'
import { readSecret } from '#core/config.ts'
import { scopeKeyFrom } from '#core/crypto/scope-key.ts'
import { openDatabase } from '#core/db/scope.ts'
import { newId } from '#core/ids.ts'
import { readTotals } from '#core/ledger/totals.ts'
import type { DemoExport } from './demo-export.ts'
import type { DemoSeller } from './demo.ts'
import type { Parts } from './local/parts.ts'
import type { RunState } from './watch-runs.ts'

export interface Summary {
  readonly orders: number
  readonly items: number
  readonly total_paise: number
  readonly seconds: number
  readonly accounts: readonly {
    readonly seller: string
    readonly marketplace: string
    readonly external_account_id: string
    readonly orders: number
    readonly items: number
    readonly total_paise: number
  }[]
}

/** Read as each seller's owner, inside the seller's own scope. */
export const readSummary = async (
  { env }: Parts,
  sellers: readonly DemoSeller[],
  seconds: number,
): Promise<Summary> => {
  const db = await openDatabase({
    url: env['DATABASE_URL'] ?? '',
    platformUrl: env['DATABASE_PLATFORM_URL'] ?? '',
    scopeKey: scopeKeyFrom(readSecret(env, [])),
    maxConnections: 2,
  })
  const sessions = createSessions({
    db,
    // nobody refreshes them
    tokens: createRefreshTokens(randomBytes(32)),
    now: () => new Date(),
    newId: () => newId(),
  })
  try {
    const accounts: Summary['accounts'][number][] = []
    for (const { name, users: [owner] } of sellers) {
      if (!owner) continue
      const identity = await findIdentity(db, normalEmail(owner.email))
      const client = { ip: '127.0.0.1', device: 'The launcher' }
      const opened = identity &&
        await sessions.open({ identity, hasSecondFactor: false, client })
      if (!opened) throw new Error(`Cannot open a session of ${owner.email}`)
      const totals = await readTotals(db, entryOf(opened.principal))
      accounts.push(
        ...totals.map(({ account_id: _id, ...account }) => ({ seller: name, ...account })),
      )
    }
    const sum = (of: (account: Summary['accounts'][number]) => number) =>
      accounts.reduce((total, account) => total + of(account), 0)
    return {
      orders: sum((account) => account.orders),
      items: sum((account) => account.items),
      total_paise: sum((account) => account.total_paise),
      seconds: Math.round(seconds * 10) / 10,
      accounts,
    }
  } finally {
    await db.close()
  }
}

/** 6254998 paise → ₹ 62,549.98, grouped as India does it. */
const rupees = (paise: number): string =>
  `₹ ${(paise / 100).toLocaleString('en-IN', { minimumFractionDigits: 2 })}`

export const printSummary = (
  summary: Summary,
  runs: readonly RunState[],
  say: (line: string) => void,
): void => {
  say('')
  for (const account of summary.accounts) {
    say(
      `  ${account.seller}, ${account.marketplace} ${account.external_account_id}: ` +
        `${account.orders} orders, ${account.items} lines, ${rupees(account.total_paise)}`,
    )
    const run = runs.find((one) => one.externalAccountId === account.external_account_id)
    if (!run) continue
    say(
      `    run ${run.id}: ${run.received} received: ${run.new} new, ${run.changed} changed, ` +
        `${run.unchanged} unchanged, ${run.rejected} rejected`,
    )
  }
  say('')
}

export const printExport = (
  seller: string,
  { rows, bytes, file_name, sha256 }: DemoExport,
  say: (line: string) => void,
): void => {
  say(`  ${seller}, exported: ${file_name}, ${rows} orders, ${Math.ceil(bytes / 1024)} KiB,`)
  say(`    sha256 ${sha256}`)
  say('')
}

export const printServing = (
  to: {
    readonly url: string
    readonly sellers: readonly DemoSeller[]
    readonly demoFile: string
    readonly logFile: string
    /** The first account: not every marketplace tells who has bought. */
    readonly accountId: string | undefined
  },
  say: (line: string) => void,
): void => {
  const { url, sellers, demoFile, logFile, accountId } = to
  say(`Serving at ${url}   documentation ${url}/docs   log ${logFile}`)
  say(`Demo logins (also in ${demoFile}):`)
  for (const { name, users } of sellers) {
    for (const { email, password, role } of users) say(`  ${name}, ${role}: ${email} ${password}`)
  }
  const [owner] = sellers[0]?.users ?? []
  if (!owner) return
  const login = JSON.stringify({ email: owner.email, password: owner.password })
  say('')
  say('Try:')
  say(
    `  curl -s -c robnu.cookies -H 'content-type: application/json' -d '${login}' ${url}/v1/auth/login`,
  )
  say(`  curl -s -b robnu.cookies '${url}/v1/orders?limit=2'`)
  const ofAccount = accountId === undefined ? '' : `&account=${accountId}`
  say(
    `  curl -s -b robnu.cookies '${url}/v1/orders?limit=1&status=DELIVERED&include=customer${ofAccount}'`,
  )
  say('')
  say('Ctrl-C stops everything; the next start finds it again.')
}
