/** A process that opens a plugin in a process of its own and then does nothing: it is killed by its test. */
import process from 'node:process'
import { openIsolated } from '../../../core/host/isolated/open.ts'
import { createLog } from '../../../core/log.ts'

const [url = '', stays = ''] = process.argv.slice(2)
const log = createLog((line) => void process.stdout.write(`${line}\n`), () => new Date())
const configDir = process.cwd()
await openIsolated({ url, configDir, name: 'orphan', log })
if (stays === 'stays') setInterval(() => {}, 60_000)
