/** Tokens of both grants: those of the seller's own application, and those of a third party's. */
import { type Context, failure, type HttpInit } from 'robnu/plugin'
import { TokenAnswer } from './answers.ts'
import { baseOf, connect } from './client.ts'
import { explainToken } from './refusals.ts'
import type { Credentials } from './schemas.ts'
import type { FlipkartAdapter } from './sync.ts'
import type { Connection } from './transport.ts'

const dayMs = 86_400_000

/**
 * Proves the token by asking for what changed today. No answer of Flipkart names the seller, so a token
 * of another seller cannot be told from this one's.
 */
export const verify: FlipkartAdapter['verify'] = async (account, ctx) => {
  if (account.details.flipkart_seller_id !== account.externalAccountId) {
    throw failure(
      'rejected',
      'Cannot connect to Flipkart: flipkart_seller_id is not the account id',
    )
  }
  const to = ctx.now()
  const from = new Date(to.getTime() - dayMs)
  await connect(account, ctx).shipments({ list: 'preDispatch', from, to, next: null })
}

/** A fresh access token: exchanged anew for the own application, refreshed for a third party's. */
export const refresh: NonNullable<FlipkartAdapter['refresh']> = async (account, ctx) => {
  const { credentials, details } = account
  if (details.grant_type === 'CLIENT_CREDENTIALS') {
    const query = { grant_type: 'client_credentials', scope: 'Seller_Api' }
    return await exchange(account, ctx, { query })
  }
  if (!credentials.refresh_token) throw failure('auth', noGrant, { code: 'grant-refused' })
  // in the body and not in the address, which stands in logs on the way
  const form = { grant_type: 'refresh_token', refresh_token: credentials.refresh_token }
  return await exchange(account, ctx, { form })
}

const noGrant = 'Cannot sign in to Flipkart: there is no refresh token, connect the account anew'

const exchange = async (
  { credentials, details }: Connection,
  ctx: Context,
  parameters: Pick<HttpInit, 'query' | 'form'>,
): Promise<Credentials> => {
  const asked = ctx.now().getTime()
  const answer = await ctx.http(TokenAnswer, `${baseOf(details)}/oauth-service/oauth/token`, {
    method: 'POST',
    operation: 'session',
    headers: {
      authorization: `Basic ${base64(`${details.app_id}:${credentials.app_secret}`)}`,
    },
    ...parameters,
    explain: explainToken,
  })
  const ends = (seconds: number) => new Date(asked + seconds * 1000).toISOString()
  const { refresh_token, refresh_token_expires_in } = answer
  return {
    ...credentials,
    access_token: answer.access_token,
    access_token_expires_at: ends(answer.expires_in),
    ...(refresh_token ? { refresh_token } : {}),
    ...(refresh_token_expires_in
      ? { refresh_token_expires_at: ends(refresh_token_expires_in) }
      : {}),
  }
}

const base64 = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
