/**
 * Slows down who guesses passwords, and never the person whose password it is: a device that has
 * signed in before has a lane of its own, which nobody elsewhere can fill.
 */
import { fault } from '../errors.ts'
import type { Lane, Lanes } from './lanes.ts'
import { addressKey } from './limits/address.ts'

export interface Try {
  /** The client's address, as far as the network tells it. */
  readonly clientIp: string
  /** Whom the password is tried for: an address, as `normalEmail` writes it. */
  readonly account: string
  /** The device that has signed in to this account before. */
  readonly deviceId?: string | undefined
}
export interface Throttle {
  /**
   * Counts one try before the password is looked at: tries that run at once count as well. Throws
   * `sign-in-throttled`. The function that comes back is for who turns out to be let in.
   */
  readonly take: (asked: Try) => Promise<() => Promise<void>>
  /** The same for one who is signed in and proves it again. */
  readonly takeAgain: (identityId: string) => Promise<() => Promise<void>>
  /** Forgets what was tried for the account from elsewhere: its person has shown up. */
  readonly forget: (account: string) => Promise<void>
  /**
   * For requests that send a mail: false when enough of them went out. `kind` keeps those apart that
   * must not use up each other's: who asks for links of sign-ups stops nobody's reset.
   */
  readonly mayMail: (
    asked: { readonly clientIp: string; readonly account: string; readonly kind?: string },
  ) => Promise<boolean>
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** An account from a source; ASVS 6.3.1. */
const pair = { limit: 10, windowMs: 15 * minute }
/** A source, whatever the account: an office behind one address is let in ten times that. */
const source = { limit: 100, windowMs: 15 * minute }
/** An account from wherever: the 100 of NIST SP 800-63B, each day. */
const perAccount = { limit: 100, windowMs: day, stepMs: 10 * minute }
/** All that come from unknown devices: what a net of machines can try in sum. */
const everybody = { limit: 20_000, windowMs: 15 * minute, stepMs: minute }
/** A known device, for the account that it knows. */
const device = { limit: 10, windowMs: 15 * minute }
const mailTo = { limit: 3, windowMs: hour }
const mailFrom = { limit: 30, windowMs: hour }

const accountLane = (of: string): Lane => ({ name: 'account', of, ...perAccount })

export const createThrottle = (lanes: Lanes): Throttle => {
  const take = async (all: readonly Lane[], forget: readonly Lane[]) => {
    const retryAfterSeconds = await lanes.take(all)
    if (retryAfterSeconds !== null) throw fault('sign-in-throttled', { retryAfterSeconds })
    return () => lanes.giveBack(forget, all.filter((lane) => !forget.includes(lane)))
  }
  return {
    take: async ({ clientIp, account: of, deviceId }) => {
      if (deviceId !== undefined) {
        const known = { name: 'device', of: `${deviceId} ${of}`, ...device }
        return await take([known], [known])
      }
      const from = addressKey(clientIp)
      const own = { name: 'pair', of: `${from} ${of}`, ...pair }
      return await take([
        own,
        accountLane(of),
        { name: 'source', of: from, ...source },
        { name: 'everybody', of: '', ...everybody },
      ], [own])
    },
    takeAgain: async (identityId) => {
      const own = { name: 'again', of: identityId, ...pair }
      return await take([own], [own])
    },
    forget: (of) => lanes.giveBack([accountLane(of)], []),
    mayMail: async ({ clientIp, account: of, kind = 'link' }) =>
      await lanes.take([
        { name: `mail-to ${kind}`, of, ...mailTo },
        { name: 'mail-from', of: addressKey(clientIp), ...mailFrom },
      ]) === null,
  }
}
