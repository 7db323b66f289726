/** What goes wrong with the KMS emulator when it is told to, and when it is asked too often. */
import { z } from 'zod'
import { kmsError } from './kms-errors.ts'
import { type Answer, operation } from './kms-operation.ts'

/** Refusals of AWS that are somebody's doing, or nobody's; by their names. */
const types = [
  'ThrottlingException',
  'KMSInternalException',
  'DependencyTimeoutException',
  'KeyUnavailableException',
  'AccessDeniedException',
] as const

export interface Trouble {
  /** Throws what was asked for. Not for what manages keys, unless that was asked for. */
  readonly meet: (operation: string) => void
  readonly isControl: (operation: string) => boolean
  readonly control: (body: unknown) => Answer
}

/** Those that a running application calls. */
const used = /^(Decrypt|Encrypt|GenerateDataKey|ReEncrypt)/
const controlName = 'RobnuTrouble'

/**
 * `TrentService.RobnuTrouble`, which AWS has not, with `{ "Type": "ThrottlingException", "Times": 100 }`:
 * the next calls that use a key are refused so. Without `Times` all are, and with `{}` none any more.
 * Of `perSecond` requests a bucket is filled; above it calls are throttled.
 */
export const createTrouble = ({ now, perSecond }: {
  readonly now: () => number
  readonly perSecond: number | undefined
}): Trouble => {
  let asked: { readonly type: string; left: number } | undefined
  let tokens = perSecond ?? 0
  let filledAt = now()

  const throttle = (): void => {
    if (perSecond === undefined) return
    tokens = Math.min(perSecond, tokens + (now() - filledAt) / 1000 * perSecond)
    filledAt = now()
    if (tokens < 1) throw kmsError('ThrottlingException', 'Rate exceeded')
    tokens -= 1
  }
  return {
    meet: (name) => {
      if (!used.test(name)) return
      if (asked && asked.left > 0) {
        asked.left -= 1
        throw kmsError(asked.type, 'as it was told to')
      }
      throttle()
    },
    isControl: (name) => name === controlName,
    control: operation({
      Type: z.enum(types).optional(),
      Times: z.int().positive().optional(),
    }, ({ Type, Times }) => {
      asked = Type === undefined ? undefined : { type: Type, left: Times ?? Infinity }
      return {}
    }),
  }
}
