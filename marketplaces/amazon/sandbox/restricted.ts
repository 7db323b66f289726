/** The Tokens API 2021-03-01: tokens for requests that tell of buyers. */
import type { SandboxAnswer, SandboxRequest, SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { Guard } from './guard.ts'
import { invalid, jsonOf, sellingHost } from './requests.ts'
import { restrictedMark, type SignIn } from './sign-in.ts'
import { wireError } from './wire.ts'

export const restrictedRoutes = (
  { guard, signIn }: {
    readonly guard: Guard
    readonly signIn: Pick<SignIn, 'restrictedToken'>
  },
): readonly SandboxRoute[] => [{
  method: 'POST',
  path: '/tokens/2021-03-01/restrictedDataToken',
  host: sellingHost,
  operation: 'createRestrictedDataToken',
  handle: guard('createRestrictedDataToken', ({ body }, { id }) => {
    const asked = Asked.safeParse(jsonOf(body))
    if (!asked.success) return invalid('The request has missing or invalid parameters.')
    return { status: 200, body: signIn.restrictedToken(id, asked.data.restrictedResources) }
  }),
}]

/** What a request that tells of buyers is refused with when its token is an ordinary one. */
export const unlessRestricted = (request: SandboxRequest): SandboxAnswer | undefined =>
  request.header('x-amz-access-token')?.startsWith(restrictedMark) ? undefined : wireError(
    403,
    'Unauthorized',
    'Access to requested resource is denied.',
    'A restricted data token is needed.',
  )

const Asked = z.object({
  restrictedResources: z.array(z.object({
    method: z.enum(['GET', 'PUT', 'POST', 'DELETE']),
    path: z.string().startsWith('/'),
    dataElements: z.array(z.string()).optional(),
  })).min(1).max(50),
})
