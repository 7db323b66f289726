/** A process to be thrown away: the plugin inside of it, as inside of ours, and the attacks it is told. */
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers'
import { loadPlugins } from '../../../core/host/load.ts'
import type { JobContext } from '../../../core/plugin.ts'

interface Order {
  readonly folder: string
  readonly attacks: readonly string[]
  readonly given: unknown
}
const say = (what: object): void => void process.stdout.write(`\n${JSON.stringify(what)}\n`)
const order: Order = JSON.parse(process.argv[2] ?? '')

// answers only as long as somebody gets to do anything here
createInterface({ input: process.stdin }).on('line', (line) => say({ heard: line }))

const { plugins, faults } = await loadPlugins(
  [{ use: './mod.ts', config: undefined }],
  order.folder,
)
const [route] = plugins[0]?.plugin.routes ?? []
if (!route) throw new Error(`The plugin was not loaded: ${JSON.stringify(faults)}`)
const nowhere = () => Promise.reject(new Error('There is no house here'))
const ctx = { http: nowhere, scope: nowhere, make: nowhere } as unknown as JobContext

for (const attack of order.attacks) {
  say({ attack })
  const body = { attack, given: order.given }
  try {
    const { got } = await Promise.race([
      route.handle({ params: {}, query: {}, body }, ctx),
      new Promise<{ got: string }>((resolve) => setTimeout(() => resolve({ got: 'waits' }), 1_500)),
    ])
    say({ attack, got: String(got).slice(0, 40) })
  } catch (error) {
    say({ attack, error: String(error).slice(0, 300) })
  }
}
process.exit(0)
