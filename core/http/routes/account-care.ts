/** What a seller changes about a connected account, and how it stands. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { AccountCare } from '../../ledger/account-care.ts'
import type { AccountHealth as Health } from '../../ledger/account-health.ts'
import type { Entry } from '../../db/database.ts'
import { targets } from '../../plugin.ts'
import type { AccountLimit } from '../../rbac/decide.ts'
import { accountExample, pageOf, runExample } from '../examples.ts'
import { given } from '../given.ts'
import {
  AccountHealth,
  CredentialEvent,
  credentialEventExample,
  healthExample,
  Schedule,
  scheduleExample,
} from '../queue-schemas.ts'
import { type Route, route } from '../route.ts'
import { Account, exampleIds, Id, IdParams, listOf, Run } from '../schemas.ts'
import type { Accounts, Runs } from '../services.ts'
import { From, isRange, rangeMessage, To } from '../times.ts'

const path = '/v1/marketplace-accounts/{id}'
const tag = 'Marketplace accounts'

export interface CareServices {
  readonly accounts: Accounts
  readonly runs: Runs
  readonly care: AccountCare & {
    readonly health: (
      entry: Entry,
      ask: { readonly id: string; readonly accounts: AccountLimit | null },
    ) => Promise<Health | null>
  }
}

const Pause = z.strictObject({
  paused: z.boolean(),
  reason: z.string().trim().min(3).max(500).openapi({ description: 'Shown with the account' }),
})
const ScheduleChange = z.strictObject({
  cron: z.string().max(100).optional().openapi({
    description: 'Five fields, in Asia/Kolkata; at least five minutes apart',
  }),
  paused: z.boolean().optional(),
}).refine(({ cron, paused }) => cron !== undefined || paused !== undefined, {
  message: 'must hold `cron` or `paused`',
})
const Backfill = z.strictObject({
  target: z.enum(['ORDERS', 'RETURNS', 'PAYOUTS']),
  from: From,
  to: To,
})
  .refine(({ from, to }) => isRange(from, to), { path: ['to'], message: rangeMessage })

export const accountCareRoutes = ({ accounts, runs, care }: CareServices): readonly Route[] => [
  route({
    method: 'patch',
    path,
    permission: 'accounts:manage',
    limitsAccounts: true,
    tag,
    summary: 'Pause an account, or let it go on; what runs comes to the end of its page',
    params: IdParams,
    body: Pause,
    answer: Account,
    examples: {
      body: { paused: true, reason: 'The shop is closed for Diwali' },
      answer: accountExample,
    },
    handle: async ({ params: { id }, body }, { entry, accounts: limit }) => {
      if (!await care.pause(entry, { id, accounts: limit, ...body })) throw fault('not-found')
      return found(await accounts.get(entry, id, limit))
    },
  }),
  route({
    method: 'get',
    path: `${path}/health`,
    permission: 'accounts:read',
    limitsAccounts: true,
    tag,
    summary: 'How the account stands, why, and what to do about it',
    params: IdParams,
    answer: AccountHealth,
    examples: { answer: healthExample },
    handle: async ({ params: { id } }, { entry, accounts: limit }) =>
      found(await care.health(entry, { id, accounts: limit })),
  }),
  route({
    method: 'get',
    path: `${path}/credential-events`,
    permission: 'accounts:read',
    limitsAccounts: true,
    tag,
    summary: 'What happened to the credentials of the account, newest first',
    params: IdParams,
    answer: listOf(CredentialEvent),
    examples: { answer: pageOf(credentialEventExample) },
    handle: async ({ params: { id } }, { entry, accounts: limit }) => ({
      data: found(await care.credentialEvents(entry, { id, accounts: limit })),
      page: { next: null },
    }),
  }),
  route({
    method: 'put',
    path: `${path}/credentials`,
    permission: 'accounts:connect',
    tag,
    summary: 'Replace the credentials; they are tried at the marketplace first',
    params: IdParams,
    body: z.strictObject({ credentials: z.record(z.string(), z.unknown()) }),
    answer: Account,
    examples: {
      body: { credentials: { api_key: 'as the portal of the marketplace shows it' } },
      answer: accountExample,
    },
    problems: ['credentials-refused', 'marketplace-unavailable', 'keys-unavailable'],
    handle: async ({ params: { id }, body }, { entry, accounts: limit }) => {
      if (!await care.credentials(entry, { id, accounts: limit, ...body })) throw fault('not-found')
      return found(await accounts.get(entry, id, limit))
    },
  }),
  route({
    method: 'patch',
    path: `${path}/schedules/{target}`,
    permission: 'accounts:manage',
    limitsAccounts: true,
    tag,
    summary: 'Change when the account syncs by itself, or whether',
    // what is no target is one that no marketplace has
    params: z.object({ id: Id, target: z.string().max(40) }),
    body: ScheduleChange,
    answer: Schedule,
    examples: { body: { cron: '*/10 * * * *' }, answer: scheduleExample },
    problems: ['target-unsupported', 'schedule-refused'],
    handle: async ({ params, body }, { entry, accounts: limit }) => {
      const target = targets.find((known) => known === params.target)
      if (!target) throw fault('not-found')
      const ask = { id: params.id, target, accounts: limit, ...given(body) }
      return found(await care.schedule(entry, ask))
    },
  }),
  route({
    method: 'post',
    path: `${path}/backfill`,
    permission: 'accounts:sync',
    limitsAccounts: true,
    tag,
    summary: 'Fetch a period once more, beside what the account does anyway',
    params: IdParams,
    body: Backfill,
    answer: z.object({ run: Run }),
    status: 202,
    once: 'required',
    answerHeaders: { location: 'The run, which tells how far it is' },
    examples: {
      body: { target: 'ORDERS', from: '2025-04-01', to: '2025-12-31' },
      answer: { run: { ...runExample, id: exampleIds.run, reason: 'backfill' } },
    },
    problems: ['target-unsupported', 'account-paused'],
    handle: async ({ params: { id }, body }, { entry, header, accounts: limit }) => {
      const ask = { ...body, accounts: limit, reason: 'backfill' } as const
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
