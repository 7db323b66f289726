/** The routes of a sandbox's wire format, and which of them a request means. */

export interface SandboxRequest {
  readonly method: string
  readonly url: URL
  /** The `{name}` parts of the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly header: (name: string) => string | undefined
  readonly body: string
}
export interface SandboxAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as they are, instead of `body`; `headers` tell the type. */
  readonly bytes?: Uint8Array
}
export interface SandboxRoute {
  readonly method: string
  /** With `{name}` for one part: '/orders/{orderId}'. */
  readonly path: string
  /** The host that this route lives on, checked when the caller tells where it meant to go. */
  readonly host?: string
  /** What faults and buckets call it. */
  readonly operation: string
  readonly handle: (request: SandboxRequest) => SandboxAnswer | Promise<SandboxAnswer>
}
/** The first route with this method and path, on the host that was meant. */
export const match = (
  routes: readonly SandboxRoute[],
  method: string,
  path: string,
  meantHost: string | undefined,
): { route: SandboxRoute; params: Record<string, string> } | undefined => {
  for (const route of routes) {
    if (route.method !== method) continue
    if (meantHost !== undefined && route.host !== undefined && route.host !== meantHost) continue
    const params = paramsOf(route.path, path)
    if (params) return { route, params }
  }
  return undefined
}

const paramsOf = (pattern: string, path: string): Record<string, string> | undefined => {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [at, part] of wanted.entries()) {
    const value = given[at] ?? ''
    if (part.startsWith('{')) params[part.slice(1, -1)] = decoded(value)
    else if (part !== value) return undefined
  }
  return params
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
