/** A self-signed certificate for a test's own server: DER by hand, since node:crypto reads them only. */
import { Buffer } from 'node:buffer'
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** An ECDSA P-256 key and a certificate for these names, valid from 2020 to 2049; both as PEM. */
export const makeCertificate = (
  ...names: readonly string[]
): { readonly cert: string; readonly key: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const common = sequence(
    tagged(0x31, sequence(oid(0x55, 4, 3), tagged(0x0c, Buffer.from('test')))),
  )
  const signed = sequence(
    tagged(0xa0, integer(2)),
    tagged(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    common,
    sequence(
      tagged(0x17, Buffer.from('200101000000Z')),
      tagged(0x17, Buffer.from('491231235959Z')),
    ),
    common,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(subjectNames(names), authority)),
  )
  const signature = sign('sha256', signed, privateKey)
  const whole = sequence(
    signed,
    ecdsaWithSha256,
    tagged(0x03, Buffer.concat([Buffer.from([0]), signature])),
  )
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return {
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  }
}

const tagged = (tag: number, content: Uint8Array): Buffer => {
  const { length } = content
  const head = length < 0x80
    ? [tag, length]
    : length < 0x100
    ? [tag, 0x81, length]
    : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, Buffer.concat(parts))
const integer = (value: number): Buffer => tagged(0x02, Buffer.from([value]))
const oid = (...bytes: readonly number[]): Buffer => tagged(0x06, Buffer.from(bytes))

const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2))
const extension = (id: Buffer, value: Buffer): Buffer => sequence(id, tagged(0x04, value))
/** Critical: a certificate that may sign, since it has to vouch for itself. */
const authority = sequence(
  oid(0x55, 0x1d, 0x13),
  tagged(0x01, Buffer.from([0xff])),
  tagged(0x04, sequence(tagged(0x01, Buffer.from([0xff])))),
)
const subjectNames = (names: readonly string[]): Buffer =>
  extension(
    oid(0x55, 0x1d, 0x11),
    sequence(...names.map((name) => tagged(0x82, Buffer.from(name)))),
  )
