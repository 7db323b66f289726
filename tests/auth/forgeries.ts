/** Tokens that must open nothing, each with what is wrong about it. */
import { Buffer } from 'node:buffer'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { importJWK, SignJWT } from 'jose'
import { keyFor } from './keys.ts'

type Members = Readonly<Record<string, unknown>>

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const seconds = (ms: number): number => Math.floor(ms / 1000)

export const goodClaims = (nowMs: number): Members => ({
  sub: '01998f6d-1b2c-7d3e-8f4a-6c7d8e9f0a1b',
  sid: '01998f6d-1b2c-7d3e-8f4a-6c7d8e9f0a1c',
  sel: '01998f6c-0a1b-7c2d-9e3f-7d8e9f0a1b2c',
  role: 'OWNER',
  av: '1.1',
  st: 'ACTIVE',
  ov: false,
  iss: 'robnu',
  aud: 'robnu-api',
  iat: seconds(nowMs),
  exp: seconds(nowMs) + 900,
})
const goodHeader = { alg: 'EdDSA', typ: 'at+jwt', kid: 'one' }

/** Signed with the true key `one`, whatever header and claims say. */
export const signedToken = async (claims: Members, header: Members = {}): Promise<string> => {
  const key = await importJWK(await keyFor('one'), 'EdDSA')
  return await new SignJWT({ ...claims })
    .setProtectedHeader({ ...goodHeader, ...header } as { alg: string })
    .sign(key)
}

export const forgeries = async (nowMs: number): Promise<Readonly<Record<string, string>>> => {
  const claims = goodClaims(nowMs)
  const own = await keyFor('one')
  const other = await keyFor('two')
  const good = await signedToken(claims)
  const [header = '', payload = '', signature = ''] = good.split('.')
  const body = `${encode(goodHeader)}.${encode(claims)}`
  const without = (name: string) =>
    Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))
  const publicJwk = { kty: own.kty, crv: own.crv, x: own.x }
  const hs256 = (key: string | Buffer, more: Members = {}) => {
    const text = `${encode({ ...goodHeader, alg: 'HS256', ...more })}.${encode(claims)}`
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
  }
  const es256 = () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const text = `${encode({ ...goodHeader, alg: 'ES256' })}.${encode(claims)}`
    return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
  }
  const byOther = async (more: Members) =>
    await new SignJWT({ ...claims })
      .setProtectedHeader({ ...goodHeader, ...more } as { alg: string })
      .sign(await importJWK(other, 'EdDSA'))
  const flip = (text: string, at: number) =>
    text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)

  return {
    'alg none, empty signature': `${encode({ ...goodHeader, alg: 'none' })}.${encode(claims)}.`,
    'alg none, old signature': `${encode({ ...goodHeader, alg: 'none' })}.${payload}.${signature}`,
    'alg NONE': `${encode({ ...goodHeader, alg: 'NONE' })}.${payload}.${signature}`,
    'no alg': `${encode({ typ: 'at+jwt', kid: 'one' })}.${payload}.${signature}`,
    'HS256 with the public key as text': hs256(own.x ?? ''),
    'HS256 with the public key as bytes': hs256(Buffer.from(own.x ?? '', 'base64url')),
    'HS256 with the public JWK': hs256(JSON.stringify(publicJwk)),
    'HS256 with an empty key': hs256(''),
    'ES256 with a key of its own': es256(),
    'another key under our kid': await byOther({}),
    'another key under its own kid': await byOther({ kid: 'two' }),
    'another key that it brings along': await byOther({ jwk: { ...other, d: undefined } }),
    'another key behind a jku': await byOther({ jku: 'http://127.0.0.1:9/keys.json' }),
    'another key behind an x5u': await byOther({ x5u: 'http://127.0.0.1:9/cert.pem' }),
    'a kid that is a path': await byOther({ kid: '../../dev/null' }),
    'a kid of a prototype': await byOther({ kid: '__proto__' }),
    'a kid that is no text': await byOther({ kid: 1 }),
    'our key without a kid': await signedToken(claims, { kid: undefined }),
    'our key under another kid': await signedToken(claims, { kid: 'two' }),
    'wrong typ': await signedToken(claims, { typ: 'JWT' }),
    'no typ': await signedToken(claims, { typ: undefined }),
    'a refresh token': await signedToken(claims, { typ: 'rt+jwt' }),
    'an unknown crit': `${encode({ ...goodHeader, crit: ['x'], x: 1 })}.${payload}.${signature}`,
    'wrong issuer': await signedToken({ ...claims, iss: 'someone' }),
    'no issuer': await signedToken(without('iss')),
    'wrong audience': await signedToken({ ...claims, aud: 'elsewhere' }),
    'no audience': await signedToken(without('aud')),
    'expired a second ago': await signedToken({ ...claims, exp: seconds(nowMs) - 1 }),
    'expired now': await signedToken({ ...claims, exp: seconds(nowMs) }),
    'never expires': await signedToken(without('exp')),
    'exp that is text': await signedToken({ ...claims, exp: '9999999999' }),
    'not yet valid': await signedToken({ ...claims, nbf: seconds(nowMs) + 60 }),
    'no session': await signedToken(without('sid')),
    'no seller': await signedToken(without('sel')),
    'no role': await signedToken(without('role')),
    'a role that is none': await signedToken({ ...claims, role: 'ROOT' }),
    'a role that is a list': await signedToken({ ...claims, role: ['OWNER'] }),
    'a seller that is no id': await signedToken({ ...claims, sel: "' or 1=1" }),
    'a status that is none': await signedToken({ ...claims, st: 'GOD' }),
    'a version that is none': await signedToken({ ...claims, av: '1/1' }),
    'changed claims': `${header}.${encode({ ...claims, role: 'ADMIN' })}.${signature}`,
    'changed header': `${encode({ ...goodHeader, x: 1 })}.${payload}.${signature}`,
    'a flipped signature': `${header}.${payload}.${flip(signature, 10)}`,
    'the last bits of the signature': `${header}.${payload}.${otherSpelling(signature)}`,
    'half a signature': `${header}.${payload}.${signature.slice(0, 43)}`,
    'no signature': `${header}.${payload}.`,
    'two parts': `${header}.${payload}`,
    'four parts': `${good}.${signature}`,
    'five parts': `${good}..`,
    'cut in the middle': good.slice(0, good.length / 2),
    'a padded signature': `${good}==`,
    'plain base64': `${body}.${Buffer.from(signature, 'base64url').toString('base64')}+/`,
    'claims that are no JSON': `${header}.${encode('{')}.${signature}`,
    'claims that are a list': `${header}.${encode('[]')}.${signature}`,
    'header that is no JSON': `${encode('{')}.${payload}.${signature}`,
    'header that is null': `${encode('null')}.${payload}.${signature}`,
    'oversized by a claim': await signedToken({ ...claims, x: 'x'.repeat(4000) }),
    'oversized rubbish': `${'a'.repeat(3000)}.${'b'.repeat(3000)}.${'c'.repeat(3000)}`,
    'one dot': '.',
    'two dots': '..',
    'nothing': '',
    'a word': 'null',
    'an opaque token': 'rbn_live_0123456789abcdef',
    'a nested token': encode(good),
  }
}

/** The same bytes with other bits behind the end: decoders take both. */
const otherSpelling = (text: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(text.at(-1) ?? 'A')
  return text.slice(0, -1) + alphabet[last ^ 1]
}
