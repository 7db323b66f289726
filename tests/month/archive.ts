/** What the archive holds of a shop's marketplace: every answer, and nothing of a buyer or a secret in clear. */
import { gunzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { openFields } from '#core/crypto/opening.ts'
import { openArchivedLine } from '#core/ledger/archive/open-line.ts'
import { findObject } from '#core/storage/rows.ts'
import { forms, matchesOf } from '#core/testing/cassettes/forms.ts'
import type { House, Shop } from './house.ts'

/** Throws for a word of a buyer that stands there; how many lines were looked at, and with how many words. */
export const lookAtArchive = async (
  house: House,
  shop: Shop,
): Promise<{ readonly lines: number; readonly words: number }> => {
  const lines = await linesOf(house, shop)
  expect(lines.length).toBeGreaterThan(5)
  const whole = lines.join('\n')
  const words = await wordsOf(house, shop)
  for (const word of words) {
    const at = whole.indexOf(word)
    // the sandbox's buyers are invented: what stands around may be shown
    expect(at < 0 ? '' : `${word}: ${whole.slice(Math.max(0, at - 60), at + 60)}`).toBe('')
  }
  // by their form, wherever they stand and whoever they are of
  const [mails] = forms.filter(({ name }) => name === 'e-mail address')
  expect(mails && matchesOf(mails, whole)).toEqual([])
  expect(whole).not.toMatch(/"[^"]*(?:token|secret|password)":"(?!\[removed\]")/i)
  expect(whole).toContain('"status":200')
  // and whoever may, finds them in it
  const { db } = house.deps
  const open: string[] = []
  for (const line of lines.filter((line) => line.includes('$sealed')).slice(-20)) {
    const deps = { db, archiveKeys: house.archiveKeys }
    open.push(JSON.stringify(await openArchivedLine(deps, shop.seller.entry, line, 'A look')))
  }
  const found = [...words].filter((word) => open.some((text) => text.includes(word)))
  expect(found.length > 0).toBe(words.size > 0)
  return { lines: lines.length, words: words.size }
}

const linesOf = async (
  { fresh, deps }: House,
  { seller, accountId, marketplace }: Shop,
): Promise<readonly string[]> => {
  const objects = await fresh.asSuperuser((admin) =>
    admin<{ id: string }[]>`
      select storage_object_id as id from raw_payloads
      where seller_id = ${seller.sellerId} and marketplace_code = ${marketplace.code}`
  )
  const lines: string[] = []
  for (const { id } of objects) {
    const object = await fresh.db.withSellerScope(
      seller.entry,
      (scope) => findObject(scope, { id }),
    )
    if (!object) throw new Error('An object of the archive is not stored')
    const chunks: Uint8Array[] = []
    for await (const chunk of deps.files.get(object)) chunks.push(chunk)
    const bytes = await new Blob(chunks as BlobPart[]).arrayBuffer()
    lines.push(...gunzipSync(bytes).toString().split('\n').filter(Boolean))
  }
  return lines.filter((line) => JSON.parse(line).account === accountId)
}

const columns = [
  'customer_name_enc',
  'customer_phone_enc',
  'customer_email_enc',
  'address_enc',
] as const
/** A town is nobody's, and its number stands in many others. */
const common = ['city', 'state', 'country', 'postalCode']

/** What the ledger knows of some of the shop's buyers, word by word. */
const wordsOf = async (
  { fresh, deps }: House,
  { seller, accountId }: Shop,
): Promise<ReadonlySet<string>> => {
  const rows = await fresh.asSuperuser((admin) =>
    admin<({ id: string } & Record<typeof columns[number], Uint8Array | null>)[]>`
      select id, customer_name_enc, customer_phone_enc, customer_email_enc, address_enc
      from orders where marketplace_account_id = ${accountId}
        and coalesce(customer_name_enc, customer_phone_enc, address_enc) is not null
      order by ordered_at desc limit 60`
  )
  const keys = await deps.keyring.forSeller(seller.entry)
  const open = await fresh.db.withSellerScope(seller.entry, (scope) =>
    openFields(scope, keys, {
      ...{ table: 'orders', purpose: 'orders.list' },
      rows: rows.map(({ id, ...fields }) => ({ id, fields })),
    }))
  const words = new Set<string>()
  for (const row of open) {
    for (const column of columns) {
      const text = row[column]
      if (!text) continue
      const told = column === 'address_enc' ? JSON.parse(text) as object : { text }
      for (const [name, word] of Object.entries(told)) {
        if (!common.includes(name) && typeof word === 'string' && word.length > 4) words.add(word)
      }
    }
  }
  return words
}
