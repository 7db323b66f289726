/** `robnu serve`: the app of one process, as `ROBNU_RUN` says. */
import { type Command, doctorAdvice } from '../command.ts'

export const serveCommand: Command = {
  name: 'serve',
  summary: 'Serves the API, works and sweeps, as ROBNU_RUN says',
  usage: `Usage: robnu serve

Configured by the environment alone: DATABASE_URL, DATABASE_PLATFORM_URL, ROBNU_SECRET and what else
the README lists; all faults of it are told at once. ROBNU_RUN says what the process does: api, worker,
sweeps, or several (all three). Needs a database that "robnu migrate" has brought up to date.

The log goes to stdout as lines of JSON. With --json stdout has one line, where it listens, as soon as
it is ready, and the log goes to stderr. SIGTERM or Ctrl-C: what is in hand comes to its end.`,
  changes: false,
  drains: true,
  advice: doctorAdvice,
  run: async (args, io) => (await import('../../serve-app.ts')).serveApp(args, io),
}
