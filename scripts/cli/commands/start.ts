/** `robnu start`: a whole system on this machine. */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { type Command, doctorAdvice } from '../command.ts'

export const startCommand: Command = {
  name: 'start',
  summary: 'Starts a whole system on this machine: local parts, sandboxes, demo sellers',
  usage: `Usage: robnu start [--once]

  --once   do the whole job, print a summary as one line of JSON, and exit

Starts what the environment does not name (PostgreSQL, SQS, S3, KMS, Redis, sandboxes), migrates,
serves, connects the demo's accounts and syncs their orders. PORT moves the port (8787), ROBNU_HOME the
folder of the local parts (.robnu). Ctrl-C stops everything; the next start finds it again.`,
  changes: false,
  drains: true,
  advice: doctorAdvice,
  run: async (args, io) => {
    const { values } = parseArgs({ args: [...args], options: { once: { type: 'boolean' } } })
    const { launch } = await import('../../launch.ts')
    await launch(io, { once: values.once ?? false })
    // whoever ended it in between has said why
    return process.exitCode === 1 ? 1 : 0
  },
}
