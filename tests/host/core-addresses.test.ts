/** The list of core's addresses is that of the API, and no plugin's route is lost behind one of them. */
import { expect, it } from 'vitest'
import { describeApi } from '../../core/http/describe-api.ts'
import { coreAddresses, isCoreAddress } from '../../core/rules/core-addresses.ts'

it('names every route of the API below /v1, and no other', () => {
  const document: { readonly paths: Readonly<Record<string, object>> } = JSON.parse(
    describeApi([], { version: '1.0.0', docs: true }),
  )
  const served = Object.entries(document.paths).filter(([path]) => path.startsWith('/v1/'))
    .map(([path, methods]) => [
      path.slice('/v1'.length).replaceAll(/\{[^}]*\}/g, '{}'),
      Object.keys(methods).toSorted().join(' '),
    ])
  expect(served.length).toBeGreaterThan(100)
  expect(coreAddresses).toEqual(Object.fromEntries(served))
})

it.each([
  ['get', '/orders', true],
  ['get', '/orders/{mine}', true],
  // what stands there is taken for the id of an order
  ['get', '/orders/mine', true],
  ['post', '/orders/mine', false],
  ['get', '/orders/{mine}/notes', false],
  ['get', '/{any}', false],
  ['get', '/tally', false],
])('%s %s: %s', (method, path, isTaken) => {
  expect(isCoreAddress(method, path)).toBe(isTaken)
})
