/** Buyers by the thousand: each found in any spelling, nobody found for another. `ROBNU_BUYERS` of them. */
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { emailIndex, phoneIndex } from '../../../core/crypto/blind-index.ts'
import { toHex } from '../../../core/crypto/text.ts'
import { createSearch, searchKinds } from '../../../core/ledger/search/search.ts'
import { randomFor } from '../../../core/testing/sandbox/random.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { openPages, type Pages } from '../support/pages.ts'
import { orderRow } from '../support/rows.ts'
import { all, freely } from './house.ts'

/** `npm run proof -- blind-index` takes a hundred thousand. */
const buyers = Number(process.env['ROBNU_BUYERS'] ?? 200)
const seed = Number(process.env['ROBNU_SEED'] ?? Math.trunc(Math.random() * 2 ** 31))
const page = 500
const say = (line: string): void => void process.stdout.write(`${line}\n`)

let fresh: FreshDatabase
let pages: Pages
let other: Pages
beforeAll(async () => {
  fresh = await freshDatabase()
  pages = await openPages(fresh)
  other = await openPages(fresh)
})
afterAll(async () => {
  await pages?.close()
  await other?.close()
  await fresh?.close()
})

/** Mobile numbers, each once; strangers have numbers behind all of them. */
const nationalOf = (at: number): string => String(6_000_000_000 + at * 19_997)
const spellings = [
  (n: string) => `+91${n}`,
  (n: string) => `+91 ${n.slice(0, 5)} ${n.slice(5)}`,
  (n: string) => `0${n.slice(0, 5)}-${n.slice(5)}`,
  (n: string) => n,
  (n: string) => `0091 ${n}`,
]
const mailOf = (at: number): string => `buyer.${at}@example${at % 7}.in`
const caseOf = (text: string, at: number): string => at % 3 === 0 ? text.toUpperCase() : text

const store = async (to: Pages, count: number, spelling: () => (n: string) => string) => {
  for (let from = 0; from < count; from += page) {
    await to.store(
      'ORDERS',
      Array.from({ length: Math.min(page, count - from) }, (_, n) => {
        const at = from + n
        return orderRow({
          ...{ externalId: `F-${at}`, items: [] },
          customer: {
            ...{ name: null, address: null, email: caseOf(mailOf(at), at) },
            phone: spelling()(nationalOf(at)),
          },
        })
      }),
    )
  }
}
it(`are ${buyers}, and each is found alone`, async () => {
  const random = randomFor(seed, 'buyers')
  const spelling = () => spellings[random.int(0, spellings.length - 1)] ?? String
  let began = performance.now()
  await store(pages, buyers, spelling)
  const storedMs = performance.now() - began
  await store(other, Math.ceil(buyers / 10), spelling)
  await fresh.asSuperuser((admin) => admin`analyze orders`)

  const [row] = await fresh.asSuperuser((admin) =>
    admin`select count(*)::int as orders,
        count(distinct customer_phone_idx)::int as phones,
        count(distinct customer_email_idx)::int as mails
      from orders where seller_id = ${pages.seller.sellerId}`
  )
  // no two buyers share an index
  expect(row).toEqual({ orders: buyers, phones: buyers, mails: buyers })
  const shared = await fresh.asSuperuser((admin) =>
    admin`select from orders a join orders b on a.seller_id <> b.seller_id
        and (a.customer_phone_idx = b.customer_phone_idx
          or a.customer_email_idx = b.customer_email_idx)
      where a.seller_id = ${pages.seller.sellerId}`
  )
  expect(shared).toHaveLength(0)

  // as many strangers: how many of them are taken for a buyer
  let falsely = 0
  await pages.inScope(async (_scope, keys) => {
    for (let from = buyers; from < 2 * buyers; from += page) {
      const strangers = Array.from(
        { length: Math.min(page, 2 * buyers - from) },
        (_, n) => from + n,
      )
      const hex = (index: Uint8Array | null) => index ? toHex(index) : ''
      const phones = strangers.map((at) => hex(phoneIndex(keys, spelling()(nationalOf(at)))))
      const mails = strangers.map((at) => hex(emailIndex(keys, mailOf(at))))
      const rows = await fresh.asSuperuser((admin) =>
        admin`select from orders where seller_id = ${pages.seller.sellerId}
          and (encode(customer_phone_idx, 'hex') = any(${phones})
            or encode(customer_email_idx, 'hex') = any(${mails}))`
      )
      falsely += rows.length
    }
  })
  expect(falsely).toBe(0)

  const search = createSearch({ db: fresh.db, keyring: pages.keyring, limiter: freely })
  const looks = Math.min(buyers, 1_000)
  began = performance.now()
  for (let look = 0; look < looks; look++) {
    const at = random.int(0, buyers - 1)
    const q = look % 2 === 0 ? `  ${spelling()(nationalOf(at))}` : caseOf(mailOf(at), look)
    const ask = { q, kinds: searchKinds, limit: 5, reach: all, asker: 'x' }
    const { hits } = await search.find(pages.seller.entry, ask)
    expect(hits.map(({ title }) => title), q).toEqual([`F-${at}`])
  }
  const figures = {
    ...{ seed, buyers, falseMatches: falsely, strangers: buyers },
    storedPerSecond: Math.round(buyers / storedMs * 1000),
    msPerSearch: Math.round((performance.now() - began) / looks * 100) / 100,
  }
  say(`Buyers: ${JSON.stringify(figures)}`)
}, 600_000)
