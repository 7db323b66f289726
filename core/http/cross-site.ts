/** Keeps pages of other sites from acting with the cookie that browsers add by themselves. */
import { fault } from '../errors.ts'

const safe = new Set(['GET', 'HEAD'])
// 'same-site' is a neighbour on another host: not us. 'none' is the address bar.
const ours = new Set(['same-origin', 'none'])

/**
 * Throws `cross-site` when a request that changes something carries the cookie, or asks for one,
 * and what the browser says of its page does not point to us. Without a browser both headers are
 * absent, and nobody else adds cookies by themselves.
 */
export const refuseCrossSite = (
  request: Request,
  { hasCookie, origin }: { readonly hasCookie: boolean; readonly origin: string | undefined },
): void => {
  if (safe.has(request.method) || !hasCookie) return
  const site = request.headers.get('sec-fetch-site')
  if (site !== null && !ours.has(site)) throw fault('cross-site')
  const from = request.headers.get('origin')
  if (from !== null && from !== (origin ?? new URL(request.url).origin)) throw fault('cross-site')
}
