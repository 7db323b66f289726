/** What a request counts for, by who sends it. */
import { addressKey } from './address.ts'
import { createLimiter, type Standing } from './limiter.ts'
import type { Policies } from '../../rate-limits.ts'
import type { LimitStore } from './store.ts'

export type Sender =
  | { readonly kind: 'seller' | 'staff'; readonly id: string }
  /** Nobody whom we know; `gateway`: who may be a marketplace. */
  | { readonly kind: 'address'; readonly ip: string }
  | { readonly kind: 'gateway'; readonly ip: string }
  /** A marketplace, for one account. */
  | { readonly kind: 'push'; readonly id: string }

export interface Limits {
  /** Counts the request under each policy that holds for it. */
  readonly take: (sender: Sender, writes: boolean) => Promise<readonly Standing[]>
}

export const createLimits = (
  { policies, store, now }: {
    readonly policies: Policies
    readonly store: LimitStore
    readonly now: () => number
  },
): Limits => {
  const limiterOf = (name: keyof Policies) => createLimiter({ policy: policies[name], store, now })
  const [burst, write, address] = [limiterOf('burst'), limiterOf('write'), limiterOf('address')]
  const [push, gateway] = [limiterOf('push'), limiterOf('gateway')]
  return {
    take: async (sender, writes) => {
      if (sender.kind === 'address') return [await address.take(addressKey(sender.ip))]
      if (sender.kind === 'gateway') return [await gateway.take(addressKey(sender.ip))]
      if (sender.kind === 'push') return [await push.take(sender.id)]
      const key = `${sender.kind}:${sender.id}`
      const all = await burst.take(key)
      return writes && all.isAllowed ? [all, await write.take(key)] : [all]
    },
  }
}
