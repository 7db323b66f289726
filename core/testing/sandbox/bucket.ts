/** Token buckets on the sandbox's clock: one for each (operation, holder). */
import { z } from 'zod'
import { type ControlVerb, controlVerb } from './control.ts'

export interface BucketLimit {
  readonly ratePerSecond: number
  readonly burst: number
}
export interface Buckets {
  /** Takes one token; false when the holder's bucket is empty. */
  readonly take: (operation: string, holder: string) => boolean
  /** The rate in force, for answer headers. */
  readonly limitOf: (operation: string) => BucketLimit | undefined
  readonly verbs: Readonly<Record<string, ControlVerb>>
}

/** An operation without a limit is never refused. */
export const createBuckets = (
  limits: Readonly<Record<string, BucketLimit>>,
  now: () => number,
): Buckets => {
  const rules = new Map(Object.entries(limits))
  const levels = new Map<string, { tokens: number; at: number }>()

  const take = (operation: string, holder: string): boolean => {
    const rule = rules.get(operation)
    if (!rule) return true
    const key = `${operation}\n${holder}`
    const level = levels.get(key) ?? { tokens: rule.burst, at: now() }
    const gained = (now() - level.at) / 1000 * rule.ratePerSecond
    const tokens = Math.min(rule.burst, level.tokens + gained)
    const granted = tokens >= 1
    levels.set(key, { tokens: granted ? tokens - 1 : tokens, at: now() })
    return granted
  }

  const throttle = controlVerb('another bucket, full', Throttle, (rule) => {
    const { operation, ratePerSecond, burst } = rule
    rules.set(operation, { ratePerSecond, burst })
    // a new rule begins with full buckets
    for (const key of levels.keys()) if (key.startsWith(`${operation}\n`)) levels.delete(key)
    return rule
  })
  return { take, limitOf: (operation) => rules.get(operation), verbs: { throttle } }
}

const Throttle = z.strictObject({
  operation: z.string(),
  ratePerSecond: z.number().min(0),
  burst: z.number().int().min(0),
})
