/** Marketplaces, and the seller's accounts on them. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { targets } from '../../plugin.ts'
import { accountExample, marketplaceExample, pageOf, runExample } from '../examples.ts'
import { given } from '../given.ts'
import { type Route, route } from '../route.ts'
import { Account, exampleIds, IdParams, listOf, Marketplace, Run } from '../schemas.ts'
import type { Accounts, Runs } from '../services.ts'
import { From, isRange, rangeMessage, To } from '../times.ts'

const path = '/v1/marketplace-accounts'

const NewAccount = z.strictObject({
  marketplace: z.string().min(1).max(64).openapi({ description: 'A code of GET /v1/marketplaces' }),
  external_account_id: z.string().trim().min(1).max(200),
  name: z.string().trim().min(1).max(200),
  // the plugin of the marketplace knows what belongs in here
  details: z.record(z.string(), z.unknown()),
  credentials: z.record(z.string(), z.unknown()),
})
const SyncAsk = z.strictObject({
  target: z.enum(targets).default('ORDERS'),
  from: From.optional(),
  to: To.optional(),
}).refine(({ from, to }) => (from === undefined) === (to === undefined), {
  path: ['to'],
  message: 'must be given together with `from`',
}).refine(({ from, to }) => isRange(from, to), { path: ['to'], message: rangeMessage })

export const accountRoutes = (accounts: Accounts, runs: Runs): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/marketplaces',
    permission: 'accounts:read',
    limitsAccounts: true, // nothing in it is of an account
    tag: 'Marketplace accounts',
    summary: 'List the marketplaces that can be connected',
    confirmsFirst: true, // the list comes from memory
    answer: listOf(Marketplace),
    examples: { answer: pageOf(marketplaceExample) },
    handle: async (_input, { entry }) => whole(await accounts.marketplaces(entry)),
  }),
  route({
    method: 'get',
    path,
    permission: 'accounts:read',
    limitsAccounts: true,
    tag: 'Marketplace accounts',
    summary: 'List the connected accounts',
    answer: listOf(Account),
    examples: { answer: pageOf(accountExample) },
    handle: async (_input, call) => whole(await accounts.list(call.entry, call.accounts)),
  }),
  route({
    method: 'post',
    path,
    permission: 'accounts:connect',
    tag: 'Marketplace accounts',
    summary: 'Connect an account; its credentials are tried at the marketplace first',
    confirmsFirst: true, // the marketplace is asked before a scope is open
    body: NewAccount,
    answer: Account,
    status: 201,
    once: 'required',
    answerHeaders: { location: 'The new account' },
    examples: {
      body: {
        marketplace: 'SAMPLE',
        external_account_id: 'SELLER-42',
        name: 'Main shop',
        details: {},
        credentials: { api_key: 'as the portal of the marketplace shows it' },
      },
      answer: accountExample,
    },
    problems: [
      'account-exists',
      'marketplace-unknown',
      'credentials-refused',
      'marketplace-unavailable',
      'keys-unavailable',
    ],
    handle: async ({ body }, { entry, header }) => {
      const account = await accounts.connect(entry, body)
      header('location', `${path}/${account.id}`)
      return account
    },
    replay: async (id, { entry, header }) => {
      header('location', `${path}/${id}`)
      return found(await accounts.get(entry, id, null))
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'accounts:read',
    limitsAccounts: true,
    tag: 'Marketplace accounts',
    summary: 'Read one account: its health, abilities and schedules',
    params: IdParams,
    answer: Account,
    examples: { answer: accountExample },
    handle: async ({ params: { id } }, call) =>
      found(await accounts.get(call.entry, id, call.accounts)),
  }),
  route({
    method: 'post',
    path: `${path}/{id}/sync`,
    permission: 'accounts:sync',
    limitsAccounts: true,
    tag: 'Marketplace accounts',
    summary: 'Sync the account now, or once more over a range of time',
    params: IdParams,
    body: SyncAsk,
    bodyIsOptional: true,
    answer: z.object({ run: Run }),
    status: 202,
    once: 'required',
    answerHeaders: { location: 'The run, which tells how far it is' },
    examples: {
      body: { target: 'ORDERS', from: '2026-01-01', to: '2026-01-31' },
      answer: { run: { ...runExample, id: exampleIds.run } },
    },
    problems: ['target-unsupported', 'account-paused'],
    handle: async ({ params: { id }, body }, { entry, header, accounts: limit }) => {
      const { target = 'ORDERS', from, to } = body ?? {}
      const ask = { target, accounts: limit, ...given({ from, to }) }
      const { run } = found(await accounts.requestSync(entry, id, ask))
      header('location', `/v1/runs/${run.id}`)
      return { run }
    },
    replay: async (id, { entry, header, accounts: limit }) => {
      header('location', `/v1/runs/${id}`)
      return { run: found(await runs.get(entry, id, limit)) }
    },
  }),
]

const found = <T>(thing: T | null): T => {
  if (thing === null) throw fault('not-found')
  return thing
}

/** Short lists come whole, in the form of all lists. */
const whole = <T>(data: readonly T[]) => ({ data, page: { next: null } })
