/** The seller itself: its plan and usage, its settings, its OWNER, and one more seller. */
import { z } from '@hono/zod-openapi'
import type { UserPrincipal } from '../../auth/principal.ts'
import { fault } from '../../errors.ts'
import { given } from '../given.ts'
import {
  Consent,
  Person,
  personExample,
  Seller,
  sellerExample,
  SellerName,
} from '../people-schemas.ts'
import { type Route, route } from '../route.ts'
import { exampleIds, Id } from '../schemas.ts'
import type { Services } from '../services.ts'
import { supportSessionExample, supportSessionOf, SupportSessions } from '../staff-schemas.ts'
import { RoleName } from './auth.ts'

const tag = 'Seller'

const Change = z.strictObject({
  name: SellerName.optional(),
  support_consent: Consent.optional(),
}).refine(
  ({ name, support_consent }) => name !== undefined || support_consent !== undefined,
  'must name something to change',
)
const Founded = z.object({ id: Id, name: z.string(), role: RoleName })
const foundedExample = { id: exampleIds.seller, name: 'Second Stall', role: 'OWNER' as const }

export const sellerRoutes = (
  { sellers, people, signUp }: Services['tenancy'],
  ownSessions: Pick<Services['auth']['own']['sessions'], 'sellers'>,
  impersonations: Pick<Services['impersonations'], 'live'>,
): readonly Route[] => {
  const founded = async (principal: UserPrincipal, id: string) => {
    const seller = (await ownSessions.sellers(principal)).find((one) => one.id === id)
    if (seller === undefined) throw fault('not-found')
    return { id: seller.id, name: seller.name, role: seller.role }
  }
  return [
    route({
      method: 'get',
      path: '/v1/seller',
      permission: 'seller:read',
      tag,
      summary: 'Read the seller: its plan, the orders of its days, and what it lets support do',
      answer: Seller.extend({ support_sessions: SupportSessions }).openapi('SellerNow'),
      examples: { answer: { ...sellerExample, support_sessions: [supportSessionExample] } },
      handle: async (_input, { entry }) => ({
        ...await sellers.get(entry),
        support_sessions: (await impersonations.live(entry)).map(supportSessionOf),
      }),
    }),
    route({
      method: 'patch',
      path: '/v1/seller',
      permission: 'seller:manage',
      tag,
      summary: 'Change the name of the seller, or what support needs before it looks in',
      body: Change,
      answer: Seller,
      examples: { body: { support_consent: 'NOTIFY' }, answer: sellerExample },
      handle: ({ body }, { entry, person }) => {
        person()
        return sellers.change(entry, given(body))
      },
    }),
    route({
      method: 'post',
      path: '/v1/seller/transfer',
      permission: 'seller:transfer',
      stepUp: true,
      once: 'never',
      tag,
      summary: 'Hand the seller over: the other person becomes OWNER, you become ADMIN',
      body: z.strictObject({ user_id: Id }),
      answer: Person,
      examples: {
        body: { user_id: exampleIds.user },
        answer: { ...personExample, role: 'OWNER' },
      },
      problems: ['not-found', 'not-on-oneself'],
      handle: async ({ body: { user_id } }, { entry, person }) => {
        const { userId } = person()
        if (user_id === userId) throw fault('not-on-oneself')
        const owner = await people.transfer(entry, userId, user_id)
        if (owner === null) throw fault('not-found')
        return owner
      },
    }),
    route({
      method: 'post',
      path: '/v1/sellers',
      permission: 'seller:create',
      once: 'required',
      tag,
      summary: 'Found one more seller; POST /v1/auth/switch goes there',
      confirmsFirst: true, // the seller is made in a scope of its own
      body: z.strictObject({ name: SellerName }),
      answer: Founded,
      status: 201,
      examples: { body: { name: 'Second Stall' }, answer: foundedExample },
      problems: ['limit-reached'],
      handle: async ({ body }, { entry, person }) =>
        await founded(person(), await signUp.found(person(), entry, body.name)),
      replay: (id, { person }) => founded(person(), id),
    }),
  ]
}
