/**
 * Restricted data tokens: Amazon wants one for papers that show the buyer. They are never kept; each
 * is good for the paths that it was asked for, for an hour.
 */
import type { Context } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon, type Connection } from './client.ts'

const RestrictedToken = z.object({ restrictedDataToken: z.string().min(1) })

/** For reading the paths, which Amazon takes at most fifty of. */
export const restrictedToken = async (
  account: Connection,
  ctx: Context,
  paths: readonly string[],
): Promise<string> => {
  const { restrictedDataToken } = await askAmazon(account, ctx)(
    RestrictedToken,
    '/tokens/2021-03-01/restrictedDataToken',
    {
      method: 'POST',
      operation: 'createRestrictedDataToken',
      json: { restrictedResources: paths.map((path) => ({ method: 'GET', path })) },
    },
  )
  return restrictedDataToken
}
