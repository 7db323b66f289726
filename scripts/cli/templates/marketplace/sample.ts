/** What the conformance kit checks this marketplace with. */
import { defineSample } from 'robnu/testing'
import startSandbox from './sandbox.ts'

export default defineSample({
  startSandbox,
  seed: 1,
  badCredentials: { api_key: 'key_000000000000' },
  // looked at by a person, then written by `robnu conformance --write`
  expected: new URL('./sample.json', import.meta.url),
  // a word that nobody knows, beside those that its orders stand in
  prepare: [{ verb: 'advance', body: { orderId: '0001-00002', to: 'in the clouds' } }],
  later: [
    { verb: 'createOrders', body: { count: 2 } },
    { verb: 'delivered', body: { orderId: '0001-00003' } },
  ],
  operations: { ORDERS: ['listOrders'] },
})
