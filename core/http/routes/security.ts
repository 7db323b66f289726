/** What is true of this server's security, and where to report that it is not. */
import { readFile } from 'node:fs/promises'
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { staticHeaders } from '../headers.ts'
import { type Route, route } from '../route.ts'
import { proofFiles, securityPage, securityText } from '../security-page.ts'

const tag = 'Security'
const root = new URL('../../../', import.meta.url)

export const securityRoutes = ({ contact, origin, now }: {
  readonly contact?: string
  /** Our public origin. */
  readonly origin?: string
  readonly now: () => Date
}): readonly Route[] => [
  route({
    method: 'get',
    path: '/security',
    permission: 'public',
    unlimited: true,
    tag,
    summary: 'What is true of this server, with the tests that prove it, as a page',
    produces: 'text/html',
    handle: () => answer(securityPage(contact), 'text/html; charset=utf-8'),
  }),
  route({
    method: 'get',
    path: '/security/proofs/{proof}',
    permission: 'public',
    unlimited: true,
    tag,
    summary: 'A test that the page names',
    params: z.object({ proof: z.enum([...proofFiles.keys()]) }),
    produces: 'text/plain',
    handle: async ({ params: { proof } }) =>
      answer(await readProof(proofFiles.get(proof) ?? ''), 'text/plain; charset=utf-8'),
  }),
  ...(contact === undefined ? [] : [
    route({
      method: 'get',
      path: '/.well-known/security.txt',
      permission: 'public',
      unlimited: true,
      tag,
      summary: 'Where to report a weakness (RFC 9116)',
      produces: 'text/plain',
      handle: () => answer(securityText(contact, now(), origin), 'text/plain; charset=utf-8'),
    }),
  ]),
]

/** Throws `not-found` where the server runs without the repository's tests. */
const readProof = async (path: string): Promise<string> => {
  try {
    return await readFile(new URL(path, root), 'utf8')
  } catch (cause) {
    throw fault('not-found', { cause })
  }
}

const answer = (body: string, contentType: string): Response =>
  new Response(body, { headers: { ...staticHeaders, 'content-type': contentType } })
