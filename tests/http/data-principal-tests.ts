/** What a buyer may ask of a seller, over the API: found, handed out, erased; and what is left behind. */
import { describe, expect, it } from 'vitest'
import { toHex } from '../../core/crypto/text.ts'
import { newId } from '../../core/ids.ts'
import { principalPolicy } from '../../core/ledger/principals/principals.ts'
import { quarantine } from '../../core/ledger/quarantine.ts'
import { roles } from '../../core/rbac/permissions.ts'
import { askForRun } from '../ledger/support/runs.ts'
import type { TestSeller } from '../support/database.ts'
import type { AccessWorld, Answer, Person } from './access-world.ts'
import { allRows, buyer, email, phone, reason, type Selling } from './selling.ts'

/** `selling` is there when the tests run. */
export const dataPrincipalTests = (selling: () => Selling): void => {
  const access = (): AccessWorld => selling().access
  const ask: AccessWorld['ask'] = (...of) => access().ask(...of)
  const found = (by: Person | string, q: string) => selling().found(by, q)
  const act = (by: Person | string, verb: string, json: object, headers = {}) =>
    ask(by, `/v1/data-principals/${verb}`, { json: { reason, ...json }, headers })
  /** Rows that could not be read, of one seller and account. */
  const putAside = async (
    by: TestSeller,
    accountId: string,
    rows: readonly { readonly key: string; readonly raw: string }[],
  ) => {
    const { runId } = await askForRun(access().world, by, accountId)
    const keys = await access().world.keyring.forSeller(by.entry, { willSeal: rows.length })
    await access().world.fresh.db.withSellerScope(by.entry, (scope) =>
      quarantine(
        scope,
        keys,
        { accountId, runId, target: 'ORDERS' },
        rows.map((row) => ({ ...row, reason: 'no-date' })),
      ))
  }
  /** Keys of those that still hold what came. */
  const asideOf = async ({ sellerId }: TestSeller): Promise<readonly string[]> => {
    const rows = await access().world.fresh.asSuperuser((admin) =>
      admin<{ key: string }[]>`select external_key as key from quarantined_rows
        where seller_id = ${sellerId} and num_nonnulls(raw_enc, buyers_idx) > 0 order by key`
    )
    return rows.map(({ key }) => key)
  }

  describe('a data principal', () => {
    it('is found in all accounts, page by page', async () => {
      for (const by of [{ phone: '98765-43212' }, { email: ` ${email.toUpperCase()} ` }]) {
        const first = (await act(access().owner, 'find', { ...by, limit: 3 })).body
        expect([first.data.length, first.total]).toEqual([3, 4])
        const cursor = first.page.next
        const rest = (await act(access().owner, 'find', { ...by, limit: 3, cursor })).body
        expect([rest.data.length, rest.page.next]).toEqual([1, null])
        const titles = [...first.data, ...rest.data]
          .map((order: { external_order_id: string }) => order.external_order_id)
        expect(titles.toSorted()).toEqual(['QA-1', 'QA-2', 'QA-3', 'QA-4'])
        expect(first.data[0]).toMatchObject({
          ...{ marketplace: 'BAZAAR', holds: ['name', 'phone', 'email', 'address'] },
        })
      }
      expect((await act(access().owner, 'find', { phone: '+919876543213' })).body)
        .toEqual({ data: [], page: { next: null }, total: 0, raw_rows: 0 })
      expect((await act(selling().chief, 'find', { phone })).body.total).toBe(1)
    })

    it('gets all that is kept, and the ledger has every field with the reason', async () => {
      const { status, body, headers } = await act(access().owner, 'export', { phone })
      expect([status, body.data.length, headers.get('cache-control')]).toEqual([200, 4, 'no-store'])
      expect(body.data[0]).toMatchObject({
        customer: { ...buyer, address: { line1: '12 Laxmi Road', city: 'Pune' } },
        items: [{ title: 'Kurta', quantity: 1, total_paise: 99_900 }, {}],
        ...{ currency: 'INR', shipments: [], returns: [], documents: [] },
      })
      const [row] = await access().world.fresh.asSuperuser((admin) =>
        admin`select opened, reason, row_ids from decrypt_ledger
          where purpose = 'principals.export' and seller_id = ${access().seller.sellerId}`
      )
      expect(row).toMatchObject({ opened: 16, reason })
      expect(row?.['row_ids']).toHaveLength(4)
    })

    it('is erased from the orders that were seen, and money stays', async () => {
      await putAside(access().seller, selling().large, [
        { key: 'K-1', raw: `{"phone":"98765-43212","city":"Pune"}` },
        { key: 'K-2', raw: `Asha Rao;411014;ASHA.RAO@example.in;+91 98765 43212` },
        { key: 'K-3', raw: '{"phone":"9876543213"}' },
        // it tells nothing but the name, and the number of one of the orders
        { key: 'QA-3', raw: '{"name":"Asha Rao"}' },
      ])
      await putAside(selling().stranger, selling().elsewhere, [{ key: 'K-1', raw: phone }])
      for (const by of [{ phone }, { email }]) {
        const { body } = await act(access().owner, 'find', by)
        expect(body.raw_rows).toBe('phone' in by ? 2 : 1)
      }
      const money = () =>
        access().world.fresh.asSuperuser((admin) =>
          admin`select id, status, total_paise, item_count, state_code from orders order by id`
        )
      const before = await money()
      const wrong = await act(access().owner, 'erase', { phone, orders: 3 })
      expect([wrong.status, wrong.body.code]).toEqual([409, 'buyer-orders-changed'])
      const key = { 'idempotency-key': newId() }
      const { status, body } = await act(access().owner, 'erase', { phone, orders: 4 }, key)
      expect([status, body.orders]).toEqual([200, 4])
      expect(await asideOf(access().seller)).toEqual(['K-3'])
      expect(await asideOf(selling().stranger)).toEqual(['K-1'])
      expect(body.erasures.map((one: { raw_rows: number }) => one.raw_rows).toSorted()).toEqual([
        0,
        3,
      ])
      // what could name the buyer without this number, and the backups
      const stays = body.stays.map(({ what }: { what: string }) => what)
      expect(stays).toEqual(['raw-rows', 'backups'])
      for (const { until } of body.stays) expect(Date.parse(until)).toBeGreaterThan(Date.now())
      expect(
        body.erasures.map((one: { orders: number; fields: number }) => [one.orders, one.fields]),
      )
        .toEqual(expect.arrayContaining([[3, 12], [1, 4]]))
      const again = await act(access().owner, 'erase', { phone, orders: 4 }, key)
      expect(again.body).toEqual(body)
      expect(again.headers.get('idempotency-replayed')).toBe('true')

      expect(await money()).toEqual(before)
      expect((await act(access().owner, 'find', { phone })).body.total).toBe(0)
      expect((await act(access().owner, 'find', { email })).body.total).toBe(0)
      expect(await found(access().owner, phone)).toEqual([])
      expect(await found(access().owner, 'QA-')).toHaveLength(4)
      // the next seller's copy is the next seller's
      expect(await found(selling().chief, phone)).toEqual(['QA-5'])
      // told again, it stays away
      await selling().sell(access().seller, selling().small, ['QA-4'], {
        ...buyer,
        name: 'Asha R.',
      })
      expect(await found(access().owner, phone)).toEqual([])
      await putAside(access().seller, selling().small, [{ key: 'QA-4', raw: phone }])
      expect(await asideOf(access().seller)).toEqual(['K-3'])
    })

    it('whose orders were all put aside is erased from what they said', async () => {
      const by = { phone: '7000000007' }
      expect((await act(access().owner, 'erase', { ...by, orders: 0 })).body.code)
        .toBe('buyer-orders-changed')
      await putAside(access().seller, selling().small, [{
        key: 'K-7',
        raw: 'call 070000 00007, please',
      }])
      expect((await act(access().owner, 'find', by)).body).toMatchObject({ total: 0, raw_rows: 1 })
      const day = 86_400_000
      await access().world.fresh.asSuperuser(async (admin) => {
        const { sellerId } = access().seller
        await admin`insert into seller_keys (seller_id, purpose, version, wrapped, kms_alias)
          select ${sellerId}, 'archive', v, 'wrapped', 'alias/test' from unnest(array[202512, 202601]) v`
        // of the two the later one is let go already
        await admin`insert into tenant_exports (seller_id, id, reason, state, failure, finished_at,
            expired_at)
          select ${sellerId}, u.id, 'asked', 'FAILED', 'x', u.at, u.gone from unnest(
            ${[newId(), newId()]}::uuid[], '{2026-01-01Z,2026-01-03Z}'::timestamptz[],
            '{null,2026-01-04Z}'::timestamptz[]) u (id, at, gone)`
      })
      const { status, body } = await act(access().owner, 'erase', { ...by, orders: 0 })
      expect([status, body.orders, body.erasures]).toEqual([200, 0, [
        expect.objectContaining({
          marketplace_account_id: selling().small,
          orders: 0,
          raw_rows: 1,
        }),
      ]])
      expect(await asideOf(access().seller)).toEqual(['K-3'])
      const until = Object.fromEntries(
        body.stays.map((one: { what: string; until: string }) => [one.what, one.until]),
      )
      expect(Object.keys(until)).toEqual(['raw-rows', 'raw-archive', 'export-files', 'backups'])
      expect(until).toMatchObject({
        'raw-archive': '2026-03-31T00:00:00.000Z',
        'export-files': '2026-01-08T00:00:00.000Z',
      })
      const days = (what: string) => Math.round((Date.parse(until[what]) - Date.now()) / day)
      expect([days('raw-rows'), days('backups')]).toEqual([90, 30])
    })

    it('leaves no value behind, whatever came of the request: in no table, log, answer or header', async () => {
      const { fresh } = access().world
      // a number and an address that nobody has stored, spelt as they are asked for
      const [number, mail] = ['+91 81234 56789', 'kavya.iyer@example.in']
      const viewer = await access().person('VIEWER')
      const answers: Answer[] = []
      const say = async (by: Person | string | null, path: string, more?: object) =>
        void answers.push(await ask(by, path, more))
      for (const value of [number, mail]) {
        const q = encodeURIComponent(value)
        for (const by of [access().owner, viewer, null, 'robnu_nobody']) {
          await say(by, `/v1/search?q=${q}`)
          await say(by, '/v1/search', { json: { q: value } })
          // wrong in every way
          await say(by, `/v1/search?q=${q}&q=${q}&${q}=1`)
          await say(by, `/v1/search/${q}`)
          await say(by, `/v1/orders/${q}?include=${q}`)
          await say(by, `/v1/search?q=${q}`, { method: 'DELETE' })
          await say(by, '/v1/search', { json: { q: [value], [value]: value, kinds: [value] } })
          const about = value === mail ? { email: mail } : { phone: number }
          for (const verb of ['find', 'export', 'erase']) {
            const path = `/v1/data-principals/${verb}`
            await say(by, path, { json: { ...about, reason, orders: 1 } })
            await say(by, path, { json: { ...about, reason: `${reason} ${value}`, [value]: 1 } })
          }
        }
      }
      // a fault of ours: the log has it with its cause
      await fresh.asSuperuser((admin) => admin`alter table orders rename to orders_away`)
      for (const value of [number.replace('+91 ', '').replace(' ', ''), mail]) {
        await say(access().owner, `/v1/search?q=${encodeURIComponent(value)}`)
        await say(access().owner, '/v1/search', { json: { q: value } })
        const about = value === mail ? { email: mail } : { phone: number }
        await say(access().owner, '/v1/data-principals/find', { json: { ...about, reason } })
      }
      await fresh.asSuperuser((admin) => admin`alter table orders_away rename to orders`)
      const statuses = new Set(answers.map(({ status }) => status))
      expect([...statuses].toSorted()).toEqual([200, 400, 401, 403, 404, 405, 409, 500])
      expect(access().logged.filter((line) => line.includes('"http.failed"'))).toHaveLength(6)

      const tables = await allRows(access())
      const heard = answers.map(({ text, headers }) => text + JSON.stringify([...headers])).join()
      const log = access().logged.join()
      expect(tables).toContain('data-principal.found')
      expect(log).toContain('/v1/search')
      // whole ones: ids and digests are long enough to hold any five digits; bytes are shown as hex
      const asked = ['8123456789', '81234 56789', '81234%2056789', 'kavya.iyer']
      const stored = '9876543212|98765 43212|98765-43212|asha.rao|Asha Rao|Laxmi Road'.split('|')
      const inClear = (text: string, values: readonly string[]) =>
        [...values, ...values.map((value) => toHex(new TextEncoder().encode(value)))]
          .filter((value) => text.toLowerCase().includes(value.toLowerCase()))
      expect([inClear(heard, asked), inClear(log, [...asked, ...stored])]).toEqual([[], []])
      expect(inClear(tables, [...asked, ...stored])).toEqual([])
    })

    it('is answered by an OWNER or ADMIN in person, and erased after a fresh proof', async () => {
      for (const role of roles) {
        const person = await access().person(role)
        const { status } = await act(person, 'find', { phone })
        expect(status, role).toBe(['OWNER', 'ADMIN'].includes(role) ? 200 : 403)
      }
      const admin = await access().person('ADMIN')
      await access().world.fresh.asSuperuser((sql) =>
        sql`update sessions set stepped_up_at = now() - interval '1 hour'
          where id = ${admin.sessionId}`
      )
      expect((await act(admin, 'erase', { phone, orders: 1 })).body.code).toBe('step-up-required')
      expect((await act(admin, 'export', { phone })).status).toBe(200)
    })

    it('is answered by a suspended seller as well, as far as reading goes', async () => {
      const status = (word: string) =>
        access().world.fresh.asSuperuser((sql) =>
          sql`update sellers set status = ${word} where id = ${selling().stranger.sellerId}`
        )
      await status('SUSPENDED')
      expect((await act(selling().chief, 'find', { phone })).body.total).toBe(1)
      expect((await act(selling().chief, 'export', { phone })).body.data).toHaveLength(1)
      expect(await found(selling().chief, phone)).toEqual(['QA-5'])
      expect((await act(selling().chief, 'erase', { phone, orders: 1 })).body.code).toBe(
        'seller-suspended',
      )
      await status('ACTIVE')
    })

    it('is asked for in one way, with a reason that does not tell who', async () => {
      const wrong: readonly (readonly [object, string])[] = [
        ...[{}, { phone, email }].map((json) => [json, '/phone'] as const),
        [{ phone: 'not a number' }, '/phone'],
        [{ email: 'nobody' }, '/email'],
        [{ phone, reason: 'short' }, '/reason'],
        [{ phone, reason: 'it is about 98765 43212, who has asked' }, '/reason'],
        [{ email, reason: `${email.toUpperCase()} has asked for it` }, '/reason'],
        [{ phone, limit: 0 }, '/limit'],
        [{ phone, name: 'Asha' }, ''],
      ]
      for (const [json, pointer] of wrong) {
        const { status, body, text } = await act(selling().chief, 'find', json)
        expect([status, body.errors?.[0]?.pointer], JSON.stringify(json)).toEqual([400, pointer])
        expect(text).not.toContain('98765')
      }
      for (const orders of [-1, 1_001, 1.5, undefined]) {
        expect((await act(selling().chief, 'erase', { phone, orders })).status).toBe(400)
      }
    })

    it('is asked for sixty times an hour by one person', async () => {
      expect(principalPolicy).toMatchObject({ quota: 60, windowSeconds: 3_600 })
      const admin = await access().person('ADMIN')
      const answers = await Promise.all(
        Array.from({ length: 65 }, () => act(admin, 'find', { phone: '7000000001' })),
      )
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(60)
    })
  })
}
