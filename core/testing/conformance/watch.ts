/** Looks at the globals of the process while something runs, and puts all back as it was. */

const holders = {
  globalThis,
  'Object.prototype': Object.prototype,
  'Array.prototype': Array.prototype,
  'String.prototype': String.prototype,
  'Function.prototype': Function.prototype,
  'Promise.prototype': Promise.prototype,
  'Date.prototype': Date.prototype,
  ...{ Object, Array, Promise, Date, JSON, Math },
} as const

/** What stands in the globals and in the prototypes that everybody shares. */
export const globalsNow = (): ReadonlyMap<string, unknown> => {
  const seen = new Map<string, unknown>()
  for (const [name, holder] of Object.entries(holders)) {
    for (const key of Reflect.ownKeys(holder)) {
      const { value, get } = Object.getOwnPropertyDescriptor(holder, key) ?? {}
      seen.set(`${name}.${String(key)}`, get ?? value)
    }
  }
  return seen
}

/** Words of the process that an adapter has no business with, and which of them were used. */
export const watchGlobals = async (run: () => Promise<void>): Promise<readonly string[]> => {
  const used = new Set<string>()
  const noted = <F extends (...args: never[]) => unknown>(name: string, own: F): F =>
    new Proxy(own, {
      apply: (target, self, args) => {
        used.add(name)
        return Reflect.apply(target, self, args)
      },
    })
  const { Date: OwnDate, fetch: ownFetch, setTimeout, setInterval } = globalThis
  const ownRandom = Math.random
  globalThis.Date = new Proxy(OwnDate, {
    construct: (target, args, newTarget) => {
      if (args.length === 0) used.add('new Date()')
      return Reflect.construct(target, args, newTarget)
    },
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key)
      return key === 'now' ? noted('Date.now()', target.now) : value
    },
  })
  globalThis.fetch = noted('fetch()', ownFetch)
  globalThis.setTimeout = noted('setTimeout()', setTimeout as never) as typeof setTimeout
  globalThis.setInterval = noted('setInterval()', setInterval as never) as typeof setInterval
  Math.random = noted('Math.random()', ownRandom)
  try {
    await run()
  } finally {
    Object.assign(globalThis, { Date: OwnDate, fetch: ownFetch, setTimeout, setInterval })
    Math.random = ownRandom
  }
  return [...used]
}
