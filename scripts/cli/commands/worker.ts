/** `robnu worker`: `robnu serve` with `ROBNU_RUN=worker`. */
import { type Command, doctorAdvice } from '../command.ts'

export const workerCommand: Command = {
  name: 'worker',
  summary: 'Works on what is queued, and serves nothing',
  usage: `Usage: robnu worker

The same as "robnu serve" with ROBNU_RUN=worker, whatever the environment says: syncs, processing and
jobs of plugins; neither the API nor the sweeps. As many as are wanted may run.`,
  changes: false,
  drains: true,
  advice: doctorAdvice,
  run: async (args, io) => {
    const { serveApp } = await import('../../serve-app.ts')
    return await serveApp(args, { ...io, env: { ...io.env, ROBNU_RUN: 'worker' } })
  },
}
