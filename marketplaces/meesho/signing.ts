/** Requests to the gateway and pushes from it carry one signature: HMAC-SHA256 over what is sent. */

/** How far the clocks of the two sides may differ. */
export const maxSkewSeconds = 300

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const hexOf = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')

const keyOf = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytesOf(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])

interface Signed {
  readonly method: string
  /** With the query, as it stands in the address; without a `?` where there is none. */
  readonly path: string
  /** Epoch seconds, as text. */
  readonly timestamp: string
  /** Empty where none is sent. */
  readonly body: string
}

/** `METHOD\nPATH?QUERY\nTIMESTAMP\nsha256hex(body)`. */
const textOf = async ({ method, path, timestamp, body }: Signed): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', bytesOf(body))
  return [method.toUpperCase(), path, timestamp, hexOf(digest)].join('\n')
}

/** Hex, in small letters. */
export const sign = async (secret: string, signed: Signed): Promise<string> =>
  hexOf(await crypto.subtle.sign('HMAC', await keyOf(secret), bytesOf(await textOf(signed))))

/** Takes as long for every wrong signature: it is compared inside of Web Crypto. */
export const isSigned = async (
  secret: string,
  signed: Signed,
  signature: string,
): Promise<boolean> => {
  if (!/^[0-9a-f]{64}$/i.test(signature)) return false
  const bytes = Uint8Array.from(signature.match(/../g) ?? [], (pair) => parseInt(pair, 16))
  return await crypto.subtle.verify(
    'HMAC',
    await keyOf(secret),
    bytes,
    bytesOf(await textOf(signed)),
  )
}
