/**
 * The limit of P4: the runtime's own HTTP server, a page by a prepared statement from columns in
 * clear. No sign-in, no scope, no validation, no log; the JSON has the shape of the real answer.
 */
import { Buffer } from 'node:buffer'
import { createServer } from 'node:http'
import process from 'node:process'
import pg from 'pg'
import { marketplaceCode } from './sellers.ts'

type Row = Record<string, unknown>
type Answer = (path: string) => Promise<string>

/** Listens on a free port of 127.0.0.1; resolves with its URL. */
export const listenBare = (url: string, connections: number): Promise<string> => {
  const pool = new pg.Pool({ connectionString: url, max: connections })
  // amounts as numbers, as the house gives them
  pg.types.setTypeParser(pg.types.builtins.INT8, Number)
  const answer = bareAnswer(pool)
  return deno === undefined ? listenOnNode(answer) : Promise.resolve(listenOnDeno(deno, answer))
}

const bareAnswer = (pool: pg.Pool): Answer => async (path) => {
  const params = new URLSearchParams(path.slice(path.indexOf('?') + 1))
  const limit = Number(params.get('limit'))
  const withCustomer = params.has('include')
  const { rows } = await pool.query<Row>({
    ...withCustomer ? withBuyers(limit + 1) : withoutBuyers(limit + 1),
    values: [params.get('seller')],
  })
  const last = rows[limit - 1]
  const next = rows.length > limit && last
    ? `${(last.ordered_at as Date).getTime()}.${String(last.id)}`
    : null
  const page = rows.slice(0, limit)
  return JSON.stringify({
    data: withCustomer ? page.map(withBuyer) : page.map(shown),
    page: { next },
  })
}

const columns = `id, marketplace_account_id, external_order_id, status, raw_status, on_hold,
  ordered_at, source_updated_at, ship_by, currency, total_paise, fulfilled_by, state_code, item_count,
  customer_erased_at`
// the limit stands in the text: with a parameter PostgreSQL plans anew each time
const from = (limit: number) =>
  `from plain_orders where seller_id = $1 order by ordered_at desc, id desc limit ${limit}`
const withoutBuyers = (limit: number) => ({
  name: `page-${limit}`,
  text: `select ${columns} ${from(limit)}`,
})
const withBuyers = (limit: number) => ({
  name: `page-with-buyers-${limit}`,
  text: `select ${columns}, customer_name, customer_phone, customer_email, address ${from(limit)}`,
})

const shown = (row: Row): Row => ({ ...row, marketplace: marketplaceCode })
const withBuyer = (
  { customer_name: name, customer_phone: phone, customer_email: email, address, ...row }: Row,
): Row => ({ ...row, marketplace: marketplaceCode, customer: { name, phone, email, address } })

const json = { 'content-type': 'application/json; charset=utf-8' }

const listenOnNode = (answer: Answer): Promise<string> => {
  const server = createServer((request, response) => {
    answer(request.url ?? '').then(
      (body) => {
        response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(body) })
        response.end(body)
      },
      (error) => process.exit(fail(error)),
    )
  })
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
    })
  )
}

/** The part of Deno that is used here; Node's types know no Deno. */
interface DenoServe {
  readonly serve: (
    options: { readonly hostname: string; readonly port: number; readonly onListen: () => void },
    handler: (request: Request) => Promise<Response>,
  ) => { readonly addr: { readonly port: number } }
}
const deno = (globalThis as { readonly Deno?: DenoServe }).Deno

const listenOnDeno = ({ serve }: DenoServe, answer: Answer): string => {
  const { addr } = serve(
    { hostname: '127.0.0.1', port: 0, onListen: () => {} },
    async ({ url }) => new Response(await answer(url), { headers: json }),
  )
  return `http://127.0.0.1:${addr.port}`
}

const fail = (error: unknown): number => {
  process.stderr.write(`${error}\n`)
  return 1
}
