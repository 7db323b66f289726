/** The demo's last word: what came in, as a file of the first seller. */
import type { DemoClient } from './demo.ts'

export interface DemoExport {
  readonly rows: number
  readonly bytes: number
  readonly file_name: string
  readonly sha256: string
}

const lookEveryMs = 100
const patienceMs = 10_000

/** Undefined where the plugin `exports` is not enabled, or has not come to its end in time. */
export const exportDemo = async (
  client: DemoClient,
  { sleep, now }: { readonly sleep: (ms: number) => Promise<unknown>; readonly now: () => number },
): Promise<DemoExport | undefined> => {
  const asked = await client('POST', '/v1/exports', { what: 'orders', excel: true })
  if (asked.status !== 200) return undefined
  const path = `/v1/exports/${asked.body['id']}`
  const until = now() + patienceMs
  for (;;) {
    const { body } = await client('GET', path)
    if (body['state'] === 'DONE') {
      const link = await client('GET', `${path}/link`)
      return {
        ...{ rows: Number(body['rows']), bytes: Number(body['bytes']) },
        ...{ file_name: String(link.body['file_name']), sha256: String(body['sha256']) },
      }
    }
    if (now() > until) return undefined
    await sleep(lookEveryMs)
  }
}
