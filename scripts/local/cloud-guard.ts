/** What the loopback cloud refuses before anything else. Default is no: an unknown part of S3 gets a 501. */
import { refuseS3 } from './cloud-errors.ts'
import type { CloudReply, CloudRequest } from './fauxqs.ts'

const maxExpirySeconds = 604_800 // of AWS: a week

/** Parts of S3 in the query, and the methods for which fauxqs has them. */
const known: Readonly<Record<string, readonly string[]>> = {
  'list-type': ['GET'],
  prefix: ['GET'],
  delimiter: ['GET'],
  'max-keys': ['GET'],
  'start-after': ['GET'],
  'continuation-token': ['GET'],
  'fetch-owner': ['GET'],
  marker: ['GET'],
  attributes: ['GET'],
  lifecycle: ['GET', 'PUT', 'DELETE'],
  delete: ['POST'],
  uploads: ['POST'],
  uploadId: ['PUT', 'POST', 'DELETE'],
  partNumber: ['PUT', 'GET', 'HEAD'],
}
/** Sent by the clients, without a meaning of their own. */
const harmless = /^(x-id|x-amz-.+|response-(content-.+|cache-control|expires))$/i
/** Would be ignored without a word: what was to be locked, tagged or copied would not be. */
const unknownHeaders =
  /^x-amz-(tagging|object-lock-.+|copy-source.*|server-side-encryption-customer-.+|website-.+)$/

/** Refuses the request, or gives undefined when it may go on. */
export const guard = (
  request: CloudRequest,
  reply: CloudReply,
  now: number,
): CloudReply | undefined => {
  const [path = '/', search = ''] = request.url.split('?', 2)
  if (!isLocalHost(request.headers.host)) {
    // a page of the web whose name was made to point here would else read everything
    return refuseS3(reply, 403, 'AccessDenied', 'Only 127.0.0.1 and localhost are served')
  }
  if (leavesBucket(path)) return refuseS3(reply, 400, 'InvalidURI', 'The key has "." or ".." in it')
  const query = new URLSearchParams(search)
  const part = [...query.keys()].find((name) => !isKnown(name, request.method))
  const header = Object.keys(request.headers).find((name) => unknownHeaders.test(name))
  const missing = part ?? header ?? notSns(request, path)
  if (missing !== undefined) {
    return refuseS3(reply, 501, 'NotImplemented', `${missing}: not emulated`)
  }
  return checkExpiry(query, reply, now)
}

const isLocalHost = (host = ''): boolean =>
  /^(127\.0\.0\.1|([a-z0-9.-]+\.)?localhost)(:\d+)?$/i.test(host)

const leavesBucket = (path: string): boolean => {
  try {
    return path.split('/').some((part) => ['.', '..'].includes(decodeURIComponent(part)))
  } catch {
    return true // not a valid encoding
  }
}

const isKnown = (name: string, method: string): boolean =>
  (Object.hasOwn(known, name) && known[name]?.includes(method)) || harmless.test(name)

/** SNS can call any address by HTTP, and nobody here needs it. */
const notSns = (request: CloudRequest, path: string): string | undefined =>
  path === '/' && request.headers['content-type']?.includes('x-www-form-urlencoded')
    ? 'SNS and STS'
    : undefined

const checkExpiry = (
  query: URLSearchParams,
  reply: CloudReply,
  now: number,
): CloudReply | undefined => {
  const [date, seconds] = [query.get('X-Amz-Date'), query.get('X-Amz-Expires')]
  if (date === null && seconds === null) return undefined
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date ?? '')?.slice(1).map(Number)
  const [year = 0, month = 1, day, hour, minute, second] = parts ?? []
  const expires = Number(seconds ?? NaN)
  if (!parts || !(expires >= 1 && expires <= maxExpirySeconds)) {
    const text = 'X-Amz-Date or X-Amz-Expires is missing or not valid'
    return refuseS3(reply, 400, 'AuthorizationQueryParametersError', text)
  }
  const end = Date.UTC(year, month - 1, day, hour, minute, second) + expires * 1000
  return end < now ? refuseS3(reply, 403, 'AccessDenied', 'Request has expired') : undefined
}
