/** Whose address a request counts for, where proxies of our own stand in front. */
import { isIP } from 'node:net'

/**
 * The address that the outermost of `proxies` proxies has seen: each appends who spoke to it to
 * X-Forwarded-For, so ours are the last entries, and what stands before them is the client's own
 * invention. Without proxies, or when the header is shorter or holds no address there, the peer's.
 */
export const clientAddress = (headers: Headers, peerIp: string, proxies: number): string => {
  if (proxies === 0) return peerIp
  const entries = headers.get('x-forwarded-for')?.split(',') ?? []
  const entry = entries.at(-proxies)?.trim() ?? ''
  // some write a port, and IPv6 in brackets
  const ip = /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1] ??
    /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry
  return isIP(ip) === 0 ? peerIp : ip.replace(/^::ffff:(?=[\d.]+$)/i, '')
}
