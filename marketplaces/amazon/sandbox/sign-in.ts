/** Login with Amazon: refresh tokens in, access tokens out, and who an access token speaks for. */
import type { ControlVerb, SandboxAnswer, SandboxRequest } from 'robnu/testing'
import { controlVerb, hashOf } from 'robnu/testing'
import { z } from 'zod'
import { createSigner } from './signed.ts'
import { wireError } from './wire.ts'

export interface SignIn {
  /** POST /auth/o2/token */
  readonly token: (request: SandboxRequest) => SandboxAnswer
  /** The selling partner behind `x-amz-access-token`, or Amazon's refusal. */
  readonly partnerOf: (request: SandboxRequest) => string | SandboxAnswer
  /** The answer of the Tokens API. */
  readonly restrictedToken: (partner: string, resources: readonly Resource[]) => object
  readonly credentialsOf: (partner: string) => PartnerCredentials
  readonly revokeToken: ControlVerb
}
interface PartnerCredentials {
  readonly clientId: string
  readonly clientSecret: string
  readonly refreshToken: string
}

interface Resource {
  readonly method: string
  readonly path: string
}

/** What a restricted data token begins with. */
export const restrictedMark = 'Atz.sprdt|'
const tokenSeconds = 3600 // as long as Amazon's

/** One app, used by every partner; each partner has authorized it with a token of its own. */
export const createSignIn = (
  seed: number,
  partners: readonly string[],
  now: () => number,
): SignIn => {
  const signer = createSigner(seed, 'access-token')
  // a revoked kind of token is of an older generation than the partner's present one
  const access = new Map(partners.map((partner) => [partner, 0]))
  const withdrawn = new Set<string>()
  const credentialsOf = (partner: string): PartnerCredentials => ({
    clientId: `amzn1.application-oa2-client.${secret(seed, 'client-id')}`,
    clientSecret: `amzn1.oa2-cs.v1.${secret(seed, 'client-secret')}`,
    refreshToken: `Atzr|${secret(seed, `refresh/${partner}`)}`,
  })

  const token = ({ body }: SandboxRequest): SandboxAnswer => {
    const form = new URLSearchParams(body)
    const refreshToken = form.get('refresh_token')
    if (form.get('grant_type') !== 'refresh_token') {
      return tokenError(
        400,
        'unsupported_grant_type',
        'The authorization grant type is not supported',
      )
    }
    const app = credentialsOf('')
    if (
      form.get('client_id') !== app.clientId || form.get('client_secret') !== app.clientSecret
    ) return tokenError(401, 'invalid_client', 'Client authentication failed')
    const partner = partners.find((one) => credentialsOf(one).refreshToken === refreshToken)
    if (partner === undefined || withdrawn.has(partner)) {
      const message = 'The request has an invalid grant parameter : refresh_token'
      return tokenError(400, 'invalid_grant', message)
    }
    const expires = now() + tokenSeconds * 1000
    const generation = access.get(partner)
    return {
      status: 200,
      body: {
        access_token: `Atza|${signer.sign({ partner, expires, generation })}`,
        token_type: 'bearer',
        expires_in: tokenSeconds,
        refresh_token: refreshToken,
      },
    }
  }

  const restrictedToken: SignIn['restrictedToken'] = (partner, resources) => {
    const expires = now() + tokenSeconds * 1000
    const generation = access.get(partner)
    const signed = signer.sign({ partner, expires, generation, resources })
    return { restrictedDataToken: restrictedMark + signed, expiresIn: tokenSeconds }
  }

  const partnerOf = (request: SandboxRequest): string | SandboxAnswer => {
    const given = request.header('x-amz-access-token')
    if (!given) return forbidden('Access token is missing in the request header.')
    if (given.startsWith(restrictedMark)) return restrictedPartnerOf(request, given)
    const opened = AccessToken.safeParse(signer.open(given.replace(/^Atza\|/, '')))
    if (!opened.success || access.get(opened.data.partner) !== opened.data.generation) {
      return forbidden('The access token you provided is revoked, malformed or invalid.')
    }
    const { partner, expires } = opened.data
    return expires > now() ? partner : forbidden('The access token you provided has expired.')
  }

  /** Good for the very requests that it was given for, and for no other. */
  const restrictedPartnerOf = (request: SandboxRequest, given: string): string | SandboxAnswer => {
    const opened = RestrictedToken.safeParse(signer.open(given.slice(restrictedMark.length)))
    if (!opened.success || access.get(opened.data.partner) !== opened.data.generation) {
      return forbidden('The access token you provided is revoked, malformed or invalid.')
    }
    const { partner, expires, resources } = opened.data
    if (expires <= now()) return forbidden('The access token you provided has expired.')
    const path = decodeURIComponent(request.url.pathname)
    const isMeant = resources.some((one) => one.method === request.method && one.path === path)
    return isMeant ? partner : forbidden('The token is not for this resource.')
  }

  const revokeToken = controlVerb(
    'access tokens die; `session`: the authorization, too',
    Revoke,
    ({ partner, kind }) => {
      for (const one of partner === undefined ? partners : [partner]) {
        access.set(one, (access.get(one) ?? 0) + 1)
        if (kind === 'session') withdrawn.add(one)
      }
      return { kind }
    },
  )
  return { token, partnerOf, restrictedToken, credentialsOf, revokeToken }
}

const AccessToken = z.object({ partner: z.string(), expires: z.number(), generation: z.number() })
const RestrictedToken = AccessToken.extend({
  resources: z.array(z.object({ method: z.string(), path: z.string() })),
})
const Revoke = z.strictObject({
  /** A selling partner; absent: all of them. */
  partner: z.string().optional(),
  /** `session`: the seller withdraws the authorization, for good. */
  kind: z.enum(['access', 'session']).default('access'),
})

const secret = (seed: number, key: string): string =>
  [1, 2, 3, 4].map((part) => hashOf(seed, `${key}/${part}`).toString(16).padStart(14, '0')).join('')

const forbidden = (details: string): SandboxAnswer =>
  wireError(403, 'Unauthorized', 'Access to requested resource is denied.', details)

const tokenError = (status: number, error: string, description: string): SandboxAnswer => ({
  status,
  body: { error, error_description: description },
})
