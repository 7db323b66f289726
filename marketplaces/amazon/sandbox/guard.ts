/** What stands before every operation: the token, then the bucket. */
import type { Buckets, SandboxAnswer, SandboxRequest } from 'robnu/testing'
import type { SignIn } from './sign-in.ts'
import { wireError } from './wire.ts'
import type { Partner, World } from './world.ts'

export type Handle = (request: SandboxRequest) => SandboxAnswer
/** `bucket`: where several operations share one. */
export type Guard = (
  operation: string,
  answer: (request: SandboxRequest, partner: Partner) => SandboxAnswer,
  bucket?: string,
) => Handle

/** Token first, then the bucket, then the question: the order in which Amazon refuses. */
export const createGuard = (
  { signIn, buckets, world }: {
    readonly signIn: Pick<SignIn, 'partnerOf'>
    readonly buckets: Buckets
    readonly world: Pick<World, 'partners'>
  },
): Guard =>
(operation, answer, bucket = operation) =>
(request) => {
  const id = signIn.partnerOf(request)
  if (typeof id !== 'string') return id
  const partner = world.partners.get(id)
  if (!partner) throw new Error('a token was given to a partner that is not there')
  if (!buckets.take(bucket, id)) return quotaExceeded()
  const result = answer(request, partner)
  // the header tells the rate of an operation that has one, and comes not with every refusal
  const rate = buckets.limitOf(bucket)?.ratePerSecond
  const isTold = result.status < 300 || result.status === 400 || result.status === 404
  if (rate === undefined || !isTold) return result
  return { ...result, headers: { ...result.headers, 'x-amzn-RateLimit-Limit': String(rate) } }
}

export const quotaExceeded = (): SandboxAnswer =>
  wireError(429, 'QuotaExceeded', 'You exceeded your quota for the requested resource.')
