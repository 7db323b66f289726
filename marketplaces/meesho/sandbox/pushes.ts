/** Webhooks as Meesho would send them: a sandbox does not know our address, so somebody has to carry them. */
import type { Supplier } from './model.ts'
import { signatureOf } from './signing.ts'
import { keysOf } from './suppliers.ts'
import { timeText } from './words.ts'
import type { World } from './world.ts'

/** What is signed, whatever the address is. */
const path = '/webhooks/meesho'

interface Push {
  /** Whose it is: the rest of the address is for whoever carries it. */
  readonly account: string
  readonly method: 'POST'
  readonly path: ''
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Those whose time has come, signed now; told once. */
export const duePushes = (
  world: World,
  supplier: Supplier,
  limit: number,
  now: number,
): Push[] => {
  const due = supplier.pushes.filter(({ dueAt }) => dueAt <= world.at()).slice(0, limit)
  const told = new Set(due)
  supplier.pushes = supplier.pushes.filter((one) => !told.has(one))
  const keys = keysOf(world.seed, supplier, supplier.keyNumber)
  const timestamp = String(Math.floor(now / 1000))
  return due.map(({ id, type, at, data }) => {
    const body = JSON.stringify({
      event_id: id,
      type,
      occurred_at: timeText(at),
      supplier_identifier: supplier.id,
      data,
    })
    return {
      ...{ account: supplier.id, method: 'POST', path: '' },
      headers: {
        'content-type': 'application/json',
        'x-supplier-identifier': supplier.id,
        'x-timestamp': timestamp,
        'x-signature': signatureOf(keys.webhook_secret, ['POST', path, timestamp, body]),
      },
      body,
    }
  })
}
