/** Upstreams: where requests for a marketplace really go, and how its clock runs. */

/** At real instant `at` the upstream's clock showed `upstream`; it runs `speed` times as fast. */
interface ClockAnchor {
  readonly at: Date
  readonly upstream: Date
  readonly speed: number
}
/** A replacement for the real upstream of one plugin: its sandbox. */
export interface UpstreamSettings {
  readonly url: string
  readonly clock?: ClockAnchor | undefined
}
export interface Upstream {
  readonly now: () => Date
  /** How long a span of the upstream's clock takes in real milliseconds, and the reverse. */
  readonly realMs: (upstreamMs: number) => number
  /** The address to ask instead of the given one; the same where nothing is replaced. */
  readonly resolve: (url: URL) => { readonly url: URL; readonly headers: Record<string, string> }
  /** How to ask what ops have put in its place, which may be on this machine. */
  readonly fetch?: typeof fetch
}

export const createUpstream = (
  settings: UpstreamSettings | undefined,
  realNow: () => number,
  ownFetch?: typeof fetch,
): Upstream => {
  const clock = settings?.clock
  const speed = clock?.speed ?? 1
  return {
    ...(settings && ownFetch ? { fetch: ownFetch } : {}),
    now: () =>
      clock
        ? new Date(clock.upstream.getTime() + (realNow() - clock.at.getTime()) * speed)
        : new Date(realNow()),
    realMs: (upstreamMs) => upstreamMs / speed,
    resolve: (url) => {
      if (!settings) return { url, headers: {} }
      // member by member: a path that begins with // would name another host
      const target = new URL(settings.url)
      target.pathname = url.pathname
      target.search = url.search
      // one sandbox stands for all the hosts of a marketplace
      return { url: target, headers: { 'x-robnu-upstream-host': url.host } }
    },
  }
}
