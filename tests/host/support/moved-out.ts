/**
 * A process of its own that knows marketplaces from outside of the project alone: they are added, enabled
 * and synced as an author's customer would. Prints what came of it, as one line of JSON.
 */
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import {
  askForSync,
  connectFirst,
  countOrders,
  openPluginHouse,
  sandboxBeside,
} from './live-house.ts'

interface Moved {
  readonly id: string
  readonly code: string
}
const [configFile = '', marketplaces = '', urls = ''] = process.argv.slice(2)
const moved: readonly Moved[] = JSON.parse(marketplaces)

const sandboxOf = ({ id }: Moved) => {
  const folder = join(configFile, '..', '..', `robnu-marketplace-${id}`)
  return sandboxBeside(pathToFileURL(join(folder, 'mod.ts')).href, {
    dir: join(folder, '..', 'sandboxes', id),
    env: { ROBNU_SANDBOX_AJIO_ORDERS_PER_DAY: '20' },
  })
}
const sandboxes = await Promise.all(
  moved.map(async (one) => [one.id, await sandboxOf(one)] as const),
)
const house = await openPluginHouse({
  urls: JSON.parse(urls),
  configFile,
  sandboxes: Object.fromEntries(sandboxes),
})
const must = async (...args: readonly string[]): Promise<void> => {
  const { code, err } = await house.robnu(...args)
  if (code !== 0) throw new Error(err)
}
for (const { id } of moved) {
  await must('plugins', 'add', `../robnu-marketplace-${id}`)
  await must('plugins', 'enable', id, '--no-wait')
}
const app = await house.start()
const client = await house.owner(app)
const told = await Promise.all(moved.map(async ({ id, code }) => {
  const sandbox = sandboxes.find(([of]) => of === id)?.[1]
  if (!sandbox) throw new Error(`There is no sandbox of ${id}`)
  const account = await connectFirst(client, code, sandbox)
  const run = await askForSync(client, account.id)
  let state = ''
  while (!['SUCCEEDED', 'FAILED'].includes(state)) {
    await sleep(100)
    state = String((await client('GET', `/v1/runs/${run}`)).body['state'])
  }
  return { id, state, orders: await countOrders(client, account.id) }
}))
await house.close()
process.stdout.write(`${JSON.stringify(told)}\n`)
process.exit(0)
