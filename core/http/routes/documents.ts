/** Papers of orders and manifests, and what they say of who sells. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Documents } from '../../ledger/documents/read-documents.ts'
import type { Registrations } from '../../ledger/documents/registrations.ts'
import { pageOf } from '../examples.ts'
import {
  Document,
  documentExample,
  DocumentLink,
  documentLinkExample,
  Registration,
  registrationExample,
} from '../processing-schemas.ts'
import { type Route, route } from '../route.ts'
import { IdParams, listOf } from '../schemas.ts'

const line = (most: number) => z.string().trim().min(1).max(most)
const NewRegistration = z.strictObject({
  legal_name: line(200),
  trade_name: line(200).nullable().default(null),
  line1: line(200),
  line2: line(200).nullable().default(null),
  city: line(100),
  postal_code: z.string().regex(/^[1-9]\d{5}$/, 'must be a PIN code of six digits'),
})
const GstinParams = z.object({ gstin: z.string() })

export const documentRoutes = (
  documents: Documents,
  registrations: Registrations,
): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/orders/{id}/documents',
    permission: 'documents:read',
    limitsAccounts: true,
    tag: 'Documents',
    summary: 'List the papers of an order',
    params: IdParams,
    answer: listOf(Document),
    examples: { answer: pageOf(documentExample) },
    handle: async ({ params: { id } }, { entry, accounts }) => {
      const data = await documents.ofOrder(entry, id, accounts)
      if (data === null) throw fault('not-found')
      return { data, page: { next: null } }
    },
  }),
  route({
    method: 'get',
    path: '/v1/documents/{id}',
    permission: 'documents:read',
    limitsAccounts: true,
    tag: 'Documents',
    summary: 'Get an address to read a paper at; the reading is kept in the audit trail',
    params: IdParams,
    answer: DocumentLink,
    examples: { answer: documentLinkExample },
    problems: ['buyer-erased'],
    handle: async ({ params: { id } }, { entry, accounts, may }) => {
      const document = await documents.link(entry, id, {
        accounts,
        // slips, labels and invoices show what masked roles do not see
        maySeeBuyer: (account) => may('customers:read', account),
      })
      if (document === 'buyer') throw fault('forbidden')
      if (document === 'erased') throw fault('buyer-erased')
      if (document === null) throw fault('not-found')
      return document
    },
  }),
  route({
    method: 'get',
    path: '/v1/seller/registrations',
    permission: 'seller:read',
    tag: 'Seller',
    summary: 'List the GST registrations that papers show',
    answer: listOf(Registration),
    examples: { answer: pageOf(registrationExample) },
    handle: async (_input, { entry }) => ({
      data: await registrations.list(entry),
      page: { next: null },
    }),
  }),
  route({
    method: 'put',
    path: '/v1/seller/registrations/{gstin}',
    permission: 'seller:manage',
    tag: 'Seller',
    summary: 'Say under which name and address a GSTIN is registered',
    params: GstinParams,
    body: NewRegistration,
    answer: Registration,
    examples: {
      body: {
        legal_name: 'Asha Textiles Private Limited',
        line1: 'Plot 14, MIDC',
        city: 'Pune',
        postal_code: '411026',
      },
      answer: registrationExample,
    },
    handle: ({ params: { gstin }, body }, { entry }) => registrations.put(entry, gstin, body),
  }),
]
