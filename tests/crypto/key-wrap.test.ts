/** Keys under the root of their seller, and what KMS is told of a root: each opens in its own row alone. */
import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { contextOf, type KeyName, unwrapUnder, wrapUnder } from '../../core/crypto/key-wrap.ts'

const [mine, theirs] = [
  '01998f70-9a4b-7c63-8d2e-5b6c7d8e9f0a',
  '01998f70-9a4b-7c63-8d2e-0123456789ab',
]
const name = { purpose: 'seal', version: 2 } as const
const others: readonly (readonly [string, KeyName])[] = [
  [theirs, name],
  [mine, { ...name, purpose: 'hash' }],
  [mine, { ...name, purpose: 'archive' }],
  [mine, { ...name, version: 1 }],
  [mine, { ...name, version: 22 }],
]

it('a key opens for its seller, purpose and version, under its root, and unchanged', () => {
  const [root, plain] = [randomBytes(32), new Uint8Array(randomBytes(32))]
  const wrapped = wrapUnder(root, mine, name, plain)
  expect(unwrapUnder(root, mine, name, wrapped)).toEqual(plain)
  const refused = (work: () => unknown, why: string) =>
    expect(work, why).toThrow('wrapped under another root or for another place')
  for (const [seller, other] of others) {
    refused(() => unwrapUnder(root, seller, other, wrapped), `${seller} ${JSON.stringify(other)}`)
  }
  refused(() => unwrapUnder(randomBytes(32), mine, name, wrapped), 'another root')
  for (let at = 0; at < wrapped.length; at++) {
    const changed = wrapped.with(at, (wrapped[at] ?? 0) ^ 1)
    refused(() => unwrapUnder(root, mine, name, changed), `byte ${at}`)
  }
  for (const length of [0, 12, wrapped.length - 1]) {
    refused(() => unwrapUnder(root, mine, name, wrapped.subarray(0, length)), `${length} bytes`)
  }
  expect(wrapUnder(root, mine, name, plain)).not.toEqual(wrapped)
})

it('KMS is told seller, purpose and version', () => {
  expect(contextOf(mine, { purpose: 'root', version: 3 }))
    .toEqual({ seller: mine, purpose: 'root', version: '3' })
})
