/** How many requests are fair, as data. */

export interface Policy {
  /** As it stands in the headers. */
  readonly name: string
  /** Requests in one window. */
  readonly quota: number
  readonly windowSeconds: number
}
/** By what they count. */
export interface Policies {
  /** All requests for a seller, whoever of its people or keys sends them; and of one of the staff. */
  readonly burst: Policy
  /** Those of them that change something. */
  readonly write: Policy
  /** Requests of nobody: from one address, or one /64 of IPv6. */
  readonly address: Policy
  /** What a marketplace sends for one account, by itself. */
  readonly push: Policy
  /** The same from one address, for all accounts. */
  readonly gateway: Policy
}

export const defaultPolicies: Policies = {
  burst: { name: 'burst', quota: 600, windowSeconds: 60 },
  write: { name: 'write', quota: 120, windowSeconds: 60 },
  // a whole office may sit behind one address
  address: { name: 'address', quota: 300, windowSeconds: 60 },
  push: { name: 'push', quota: 600, windowSeconds: 60 },
  // a marketplace sends for all its sellers from a few addresses
  gateway: { name: 'gateway', quota: 6_000, windowSeconds: 60 },
}

const names = Object.keys(defaultPolicies) as (keyof Policies)[]
const form = /^([a-z]+)=([1-9]\d{0,8})\/([1-9]\d{0,4})$/

/**
 * The policies with what the text says in their place: `burst=600/60,write=120/60`, requests by
 * seconds. Undefined when the text has another form.
 */
export const readPolicies = (text: string): Policies | undefined => {
  const told = new Map<string, Policy>()
  for (const part of text.split(',').map((one) => one.trim()).filter((one) => one !== '')) {
    const [, name = '', quota, seconds] = form.exec(part) ?? []
    if (!names.some((one) => one === name)) return undefined
    told.set(name, { name, quota: Number(quota), windowSeconds: Number(seconds) })
  }
  const { burst, write, address, push, gateway } = defaultPolicies
  return {
    burst: told.get('burst') ?? burst,
    write: told.get('write') ?? write,
    address: told.get('address') ?? address,
    push: told.get('push') ?? push,
    gateway: told.get('gateway') ?? gateway,
  }
}
