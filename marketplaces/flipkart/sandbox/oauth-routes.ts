/** OAuth's three addresses. */
import type { SandboxAnswer, SandboxRequest, SandboxRoute } from 'robnu/testing'
import { type ApiOptions, malformed, onBothHosts } from './api.ts'
import { count } from './model.ts'
import { unauthorized } from './session.ts'
import { ok } from './wire.ts'

export const oauthRoutes = (options: ApiOptions): readonly SandboxRoute[] => {
  const { world, sessions, buckets, now, run, tooMany } = options
  const token = (request: SandboxRequest): SandboxAnswer => {
    world.catchUp(now())
    const given = new URLSearchParams(request.body)
    const asked = (name: string) => request.url.searchParams.get(name) ?? given.get(name) ?? ''
    const [appId, appSecret] = basicOf(request.header('authorization') ?? '')
    const seller = sessions.holderOf(appId)
    if (!seller) return unauthorized(`No client with requested id: ${appId}`)
    count(seller.asked, 'token')
    if (!buckets.take('token', seller.id)) return tooMany()
    return run('token', seller.id, {
      ...{ appId, appSecret, grantType: asked('grant_type') },
      ...{ code: asked('code'), refreshToken: asked('refresh_token') },
    }) as SandboxAnswer
  }
  const path = '/oauth-service/oauth'
  return [
    ...['GET', 'POST'].flatMap((method) =>
      onBothHosts({ method, path: `${path}/token`, operation: 'token', handle: token })
    ),
    // a real one shows a page where the seller signs in and agrees
    ...onBothHosts({
      ...{ method: 'GET', path: `${path}/authorize`, operation: 'authorize' },
      handle: ({ url }) => {
        const asked = (name: string) => url.searchParams.get(name) ?? ''
        const seller = sessions.holderOf(asked('client_id'))
        const back = URL.canParse(asked('redirect_uri'))
          ? new URL(asked('redirect_uri'))
          : undefined
        if (!seller || !back || asked('response_type') !== 'code') {
          return malformed('client_id, redirect_uri or response_type is wrong')
        }
        back.searchParams.set('code', String(run('code', seller.id, {})))
        back.searchParams.set('state', asked('state'))
        return { status: 302, headers: { location: back.href } }
      },
    }),
    ...onBothHosts({
      ...{ method: 'GET', path: `${path}/token/expiry`, operation: 'expiry' },
      handle: (request) => {
        const found = sessions.open(
          (request.header('authorization') ?? '').split(' ')[1] ?? '',
          now(),
        )
        return found
          ? ok({ expires_in: Math.floor((found.endsAt - now()) / 1000) })
          : unauthorized('Invalid access token')
      },
    }),
  ]
}

const basicOf = (header: string): readonly [appId: string, appSecret: string] => {
  const [scheme, text = ''] = header.split(' ')
  if (scheme?.toLowerCase() !== 'basic') return ['', '']
  let plain = ''
  try {
    plain = atob(text)
  } catch {
    return ['', '']
  }
  const colon = plain.indexOf(':')
  return [plain.slice(0, colon), plain.slice(colon + 1)]
}
