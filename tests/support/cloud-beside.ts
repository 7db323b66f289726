/** A local cloud as a process; its address is its first line. */
import process from 'node:process'
import { startCloud } from '../../scripts/local/cloud.ts'

process.stdout.write(`${(await startCloud()).url}\n`)
