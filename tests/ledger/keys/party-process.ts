/**
 * One process of the proof: rotates, writes or reads until it is killed, or told to end by its stdin.
 * A line of JSON at the end tells what it has done.
 */
import { Buffer } from 'node:buffer'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { createKeyNews } from '../../../core/crypto/key-news.ts'
import { createKeyring } from '../../../core/crypto/keyring.ts'
import { openFields } from '../../../core/crypto/opening.ts'
import type { Entry } from '../../../core/db/database.ts'
import { openDatabase } from '../../../core/db/scope.ts'
import { bytes, command, sql } from '../../../core/db/sql.ts'
import { hasCode } from '../../../core/errors.ts'
import { rotateKeys } from '../../../core/ledger/keys/run-walk.ts'
import { silentLog } from '../../../core/log.ts'
import { claimWork } from '../../../core/queues/work.ts'
import { testScopeKey } from '../../support/scope-key.ts'
import { processKms } from './process-kms.ts'

export interface Party {
  readonly role: 'rotate' | 'write' | 'read'
  readonly urls: { readonly app: string; readonly platform: string }
  /** Of KMS, as hex. */
  readonly master: string
  readonly entry: Entry
}
/** What it has done since it began. */
export interface Done {
  readonly role: Party['role']
  readonly turns: number
  readonly longestMs: number
  readonly unreadable: number
  readonly blocked: number
}

const leaseMs = 1_500
const newsEveryMs = 200
/** A reader that waited longer for a lock would be refused. */
const lockTimeoutMs = 20

const main = async (): Promise<void> => {
  const { role, urls, master, entry }: Party = JSON.parse(process.env['ROBNU_PARTY'] ?? '')
  const db = await openDatabase({
    ...{ url: urls.app, platformUrl: urls.platform, scopeKey: testScopeKey, maxConnections: 2 },
  })
  const keyring = createKeyring({
    ...{ db, kms: processKms(Buffer.from(master, 'hex')), aliasOf: () => 'alias/test' },
    ...{ createMissingAlias: false, log: silentLog, now: () => performance.now() },
  })
  const news = createKeyNews({ db, keyring, log: silentLog })
  const end = new AbortController()
  process.stdin.on('data', () => end.abort()).on('end', () => end.abort())
  const hearing = (async () => {
    for (; !end.signal.aborted; await sleep(newsEveryMs)) await news.look()
  })()
  const { sellerId } = entry
  const counts = { role, turns: 0, longestMs: 0, unreadable: 0, blocked: 0 }

  const rotate = async (): Promise<void> => {
    const item = await db.withPlatformScope(
      'test',
      (tx) =>
        tx.maybeOne(sql.type(z.object({ id: z.string() }))`
        select id from work_items
        where seller_id = ${sellerId} and lane = 'job:rotate-keys'
          and state in ('WAITING', 'RUNNING')`),
    )
    const work = item && await claimWork(db, { sellerId, itemId: item.id, leaseMs })
    if (!work?.claimed || work.target !== 'JOB') return await sleep(20)
    await rotateKeys({ db, keyring, log: silentLog, now: () => performance.now() }, work, {
      ...{
        signal: end.signal,
        draining: AbortSignal.any([end.signal, AbortSignal.timeout(1_000)]),
      },
    })
  }
  const anOrder = () =>
    db.inSellerScope(entry).one(sql.type(z.object({ id: z.string() }))`
      select id from orders where seller_id = ${sellerId} and id >= ${crypto.randomUUID()}
      union all (select id from orders where seller_id = ${sellerId} order by id limit 1) limit 1`)
  /** The same number in clear and sealed. */
  const write = async (): Promise<void> => {
    const { id } = await anOrder()
    const keys = await keyring.forSeller(entry, { willSeal: 1 })
    const number = String(Math.floor(Math.random() * 1e9))
    const sealed = keys.seal('orders', 'customer_name_enc', id, `Buyer ${number}`)
    await db.withSellerScope(entry, async (scope) => {
      await scope.run(command`
        update orders set raw_status = ${number}, customer_name_enc = ${bytes(sealed)}
        where seller_id = ${sellerId} and id = ${id}`)
    })
  }
  const read = async (): Promise<void> => {
    const { id } = await anOrder()
    const keys = await keyring.forSeller(entry)
    await db.withSellerScope(entry, async (scope) => {
      await scope.run(command`
        select set_config('lock_timeout', ${`${lockTimeoutMs}ms`}::text, true)`)
      const rows = await scope.any(sql.type(nameRow)`
        select id, raw_status, customer_name_enc from orders
        where seller_id = ${sellerId} and id >= ${id} order by id limit 20`)
      const opened = await openFields(scope, keys, {
        ...{ table: 'orders', purpose: 'orders.list' },
        rows: rows.map((row) => ({
          ...{ id: row.id, fields: { customer_name_enc: row.customer_name_enc } },
        })),
      })
      opened.forEach(({ customer_name_enc: name }, i) => {
        if (name !== `Buyer ${rows[i]?.raw_status}`) counts.unreadable += 1
      })
    })
  }

  const turn = { rotate, write, read }[role]
  while (!end.signal.aborted) {
    const began = performance.now()
    try {
      await turn()
      counts.turns += 1
      counts.longestMs = Math.max(counts.longestMs, performance.now() - began)
    } catch (error) {
      if (end.signal.aborted) break
      const code = (error as { cause?: { code?: string } }).cause?.code
      if (role === 'read' && code === '55P03') counts.blocked += 1
      // a version that was made since: the next call has it; another worker has the lease
      else if (!hasCode(error, 'keys-unavailable') && !hasCode(error, 'lease-lost')) {
        counts.unreadable += 1
        process.stderr.write(`${role}: ${error instanceof Error ? error.stack : error}\n`)
      }
    }
  }
  await hearing
  keyring.close()
  await db.close()
  process.stdout.write(`${JSON.stringify({ ...counts } satisfies Done)}\n`)
}
const nameRow = z.object({
  id: z.string(),
  raw_status: z.string(),
  customer_name_enc: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
})

main().then(() => process.exit(0), (error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
  process.exit(1)
})
