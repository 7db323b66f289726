/** Devices that have signed in before: a cookie that gives them a lane of their own, and no right. */
import { createHmac, randomFillSync } from 'node:crypto'
import { Buffer } from 'node:buffer'
import type { Random } from '../ids.ts'
import type { Signer } from './signed.ts'

export interface Devices {
  /** The id of the device, when it has signed in to this account and not too long ago. */
  readonly read: (token: string | undefined, account: string) => string | undefined
  /** For the device that has just signed in to this account; a known one keeps its id. */
  readonly make: (account: string, deviceId?: string) => string
}

/** As long as browsers keep a cookie. */
export const deviceSeconds = 400 * 24 * 60 * 60
const context = 'device'

/** `account`: an address, as `normalEmail` writes it; the cookie holds a keyed digest of it. */
export const createDevices = ({ key, signer, now, random = (bytes) => randomFillSync(bytes) }: {
  readonly key: Uint8Array
  readonly signer: Signer
  readonly now: () => Date
  readonly random?: Random
}): Devices => {
  const digestOf = (account: string): string =>
    createHmac('sha256', key).update(account).digest('base64url').slice(0, 22)
  const seconds = (): number => Math.floor(now().getTime() / 1000)
  return {
    read: (token, account) => {
      const text = token === undefined ? undefined : signer.open(context, token)
      const [whose, deviceId, at] = text?.split('.') ?? []
      if (whose !== digestOf(account) || Number(at) + deviceSeconds <= seconds()) return undefined
      return deviceId
    },
    make: (account, deviceId) => {
      const id = deviceId ?? Buffer.from(random(new Uint8Array(12))).toString('base64url')
      return signer.sign(context, `${digestOf(account)}.${id}.${seconds()}`)
    },
  }
}

/** 'Firefox on Windows': enough to recognise an own device in a list, and no more. */
export const deviceName = (userAgent: string | null): string => {
  const first = (names: readonly (readonly [RegExp, string])[], other: string) =>
    names.find(([pattern]) => pattern.test(userAgent ?? ''))?.[1] ?? other
  const program = first(programs, 'Unknown program')
  const system = first(systems, '')
  return system === '' ? program : `${program} on ${system}`
}

// in this order: many call themselves by the names of others, too
const programs = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/\bcurl\//, 'curl'],
  [/\bnode\b|\bundici\b/i, 'Node.js'],
  [/\bDeno\//, 'Deno'],
] as const
const systems = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b|\biPad\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
] as const
