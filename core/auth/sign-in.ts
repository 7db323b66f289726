/** Signing in and staying signed in: what a client without a session may ask. */
import { recordAudit } from '../audit/record.ts'
import type { Database } from '../db/database.ts'
import { fault, hasCode } from '../errors.ts'
import type { Log } from '../log.ts'
import { deviceName, type Devices } from './devices.ts'
import { normalEmail } from './emails.ts'
import type { Identity } from './identities.ts'
import { openTrail } from './person-trail.ts'
import { entryOf, type UserPrincipal } from './principal.ts'
import type { Codes, Prover, SecondFactor } from './prove.ts'
import type { RefreshTokens } from './refresh-tokens.ts'
import type { OpenedSession, Sessions } from './sessions.ts'

/** Who is at the other end, as far as the network and its own words tell it. */
export interface Client {
  readonly ip: string
  readonly userAgent: string | null
  /** What a device brings along that has signed in before. */
  readonly deviceToken?: string | undefined
}
export interface SignInAsk extends Codes {
  readonly email: string
  readonly password: string
  readonly client: Client
}
export interface SignedIn extends OpenedSession {
  /** For the device to keep. */
  readonly deviceToken: string
  /** How many recovery codes are left, when one was used. */
  readonly recoveryCodesLeft?: number
}

export interface SignIn {
  /** Throws `sign-in-refused`, `sign-in-throttled`, `mfa-required`, `mfa-refused`. */
  readonly signIn: (ask: SignInAsk) => Promise<SignedIn>
  /**
   * For a person who has proved otherwise who they are: by a link that went to their address. Null
   * when they work for no such seller, or have a second factor, which a link does not stand in for,
   * and have not shown it.
   */
  readonly signInByLink: (ask: {
    readonly identity: Pick<Identity, 'id' | 'email'>
    readonly secondFactor?: SecondFactor | null
    readonly sellerId: string
    readonly client: Client
  }) => Promise<SignedIn | null>
  /** Throws `not-signed-in`, `refresh-raced`, `session-over`. */
  readonly refresh: (token: string | undefined) => Promise<OpenedSession>
  /** Ends the session that either of them names, for every copy of its tokens. May be repeated. */
  readonly signOut: (
    named: { readonly principal: UserPrincipal | null; readonly refreshToken?: string | undefined },
  ) => Promise<void>
}

export interface SignInDeps {
  readonly db: Pick<Database, 'gate' | 'withSellerScope' | 'withPlatformScope'>
  readonly prover: Prover
  readonly sessions: Sessions
  readonly refreshTokens: RefreshTokens
  readonly devices: Devices
  readonly log: Log
  readonly now: () => Date
}

export const createSignIn = (
  { db, prover, sessions, refreshTokens, devices, log, now }: SignInDeps,
): SignIn => {
  /** Opens the session and writes it down with its seller. */
  const open = async (
    ask: {
      readonly identity: Pick<Identity, 'id' | 'email'>
      readonly secondFactor: SecondFactor | null
      readonly sellerId?: string
      readonly client: Client
    },
    method: string,
  ): Promise<SignedIn | null> => {
    const { identity, secondFactor, sellerId, client } = ask
    const opened = await sessions.open({
      identity,
      hasSecondFactor: secondFactor !== null,
      client: { ip: client.ip, device: deviceName(client.userAgent) },
      ...(sellerId === undefined ? {} : { sellerId }),
    })
    if (opened === null) return null
    const { principal } = opened
    const left = secondFactor?.left
    await db.withSellerScope(entryOf(principal), (scope) => {
      const { userId, sessionId } = principal
      recordAudit(scope, scope.sellerId, 'session.opened', `session:${sessionId}`, { method })
      if (left !== undefined) {
        recordAudit(scope, scope.sellerId, 'mfa.recovery-used', `user:${userId}`, { left })
      }
      return Promise.resolve()
    })
    const { sellerId: of, userId, sessionId } = principal
    log.info('auth.signed-in', { sellerId: of, userId, sessionId, method, clientIp: client.ip })
    const known = devices.read(client.deviceToken, identity.email)
    return {
      ...opened,
      deviceToken: devices.make(identity.email, known),
      ...(left === undefined ? {} : { recoveryCodesLeft: left }),
    }
  }

  return {
    signIn: async ({ client, ...ask }) => {
      try {
        const deviceId = devices.read(client.deviceToken, normalEmail(ask.email))
        const proven = await prover.prove({ ...ask, clientIp: client.ip, deviceId })
        const signedIn = await open(
          { ...proven, client },
          methodOf('password', proven.secondFactor),
        )
        // the password is right, but there is no seller (any more)
        if (signedIn === null) throw fault('sign-in-refused')
        await proven.letIn()
        return signedIn
      } catch (error) {
        if (hasCode(error, 'sign-in-refused') || hasCode(error, 'mfa-refused')) {
          log.warn('auth.refused', { clientIp: client.ip })
        }
        // removed at this moment
        throw hasCode(error, 'session-over') ? fault('sign-in-refused') : error
      }
    },
    signInByLink: (ask) => open({ ...ask, secondFactor: ask.secondFactor ?? null }, 'link'),
    refresh: async (text) => {
      const token = text === undefined ? undefined : refreshTokens.open(text)
      if (token === undefined) throw fault('not-signed-in')
      const refreshed = await sessions.refresh(token)
      switch (refreshed.outcome) {
        case 'REFRESHED':
          return refreshed.session
        case 'RACED':
          throw fault('refresh-raced')
        case 'OVER':
          throw fault('session-over')
        case 'REPLAYED': {
          const { sellerId, sessionId, generation } = token
          log.warn('auth.replayed', { sellerId, sessionId, generation })
          await db.withPlatformScope('refresh-replay', (tx) => {
            const target = `session:${sessionId}` as const
            recordAudit(tx, sellerId, 'session.replayed', target, { generation })
            return Promise.resolve()
          })
          throw fault('session-over')
        }
      }
    },
    signOut: async ({ principal, refreshToken }) => {
      const token = refreshToken === undefined ? undefined : refreshTokens.open(refreshToken)
      const session = principal ?? token
      if (session === null || session === undefined) return
      const { sellerId, sessionId } = session
      await db.withPlatformScope('sign-out', async (tx) => {
        const trail = openTrail(tx, now())
        await trail.endOne(sellerId, sessionId, 'SIGNED_OUT')
        trail.close()
      })
      log.info('auth.signed-out', { sellerId, sessionId })
    },
  }
}

const methodOf = (first: string, second: SecondFactor | null): string =>
  second === null ? first : `${first}+${second.by}`
