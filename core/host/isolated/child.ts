/**
 * The process of one plugin. It has no secret, no environment, no database and no network: what the
 * plugin asks for goes to the host as lines on the standard output, and comes back on the input.
 */
import process from 'node:process'
import { fence } from './child-fence.ts'
import { createCalls } from './child-calls.ts'
import { declarationOf } from './declare.ts'
import { createLines, type ToChild, type ToParent } from './frames.ts'

const memory = process.memoryUsage.bind(process)
const exit = process.exit.bind(process)
const output = process.stdout
const write = output.write.bind(output)
const send = (frame: ToParent): void => void write(`${JSON.stringify(frame)}\n`)
const failed = (error: unknown): void => {
  const message = error instanceof Error ? error.message : String(error)
  write(`${JSON.stringify({ t: 'fault', message })}\n`, () => exit(1))
}

const calls = createCalls(send)
const receive = async (frame: ToChild): Promise<void> => {
  if (frame.t === 'ping') send({ t: 'pong', n: frame.n, rss: memory().rss })
  else if (frame.t !== 'load') calls.receive(frame)
  else {
    try {
      fence()
      const module: { default?: unknown } = await import(frame.url)
      const value = declarationOf(module.default)
      calls.serve(module.default)
      send({ t: 'plugin', value })
    } catch (error) {
      failed(error)
    }
  }
}

process.on('uncaughtException', failed)
process.on('unhandledRejection', failed)
// the host is gone, or wants us to go
process.stdin.on('end', () => exit(0))
process.stdin.on('error', () => exit(0))
process.stdin.on(
  'data',
  createLines((line) => void receive(JSON.parse(line) as ToChild), () => exit(1)),
)
