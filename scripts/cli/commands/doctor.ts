/** `robnu doctor`: looks for every way in which a start or a sync was seen to fail. */
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type AccountFacts, walk } from '../../doctor/account/links.ts'
import { areas, isNothingToSee } from '../../doctor/check.ts'
import { checks } from '../../doctor/checks.ts'
import type { Ground } from '../../doctor/ground.ts'
import { readersOf } from '../../doctor/readers.ts'
import { createGet, runChecks } from '../../doctor/run.ts'
import { createRedact } from '../../doctor/redact.ts'
import { countsOf, linesOf, linesOfWalk } from '../../doctor/tell.ts'
import type { Command, CommandIo, ExitCode } from '../command.ts'
import { withLocalParts } from '../local-parts.ts'
import { wrongCall } from '../wrong-call.ts'
import { nearestOf } from '#core/nearest.ts'

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Looks at all that a start and a sync need, and says what to do',
  usage:
    `Usage: robnu doctor [--only <code or area>]… [--account <id>] [--read-only] [--clock <url>]

  --only <what>     one check by its code, or all of an area; may be given several times
  --account <id>    why nothing comes of this account: the way of its sync, link by link
  --read-only       sends no probe, not even one that is deleted at once
  --clock <https…>  compares our clock with that of this address

Areas: ${areas.join(', ')}.
Exits with 0 when nothing is at fault (warnings are none), 1 when something is.`,
  changes: false,
  run: async (args, given) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        'only': { type: 'string', multiple: true },
        'account': { type: 'string' },
        'read-only': { type: 'boolean' },
        'clock': { type: 'string' },
      },
    })
    const { only = [], account, clock } = values
    refuseUnknown(only)
    if (account !== undefined && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(account)) {
      throw wrongCall('--account takes the id of a marketplace account')
    }
    if (clock !== undefined && !(URL.canParse(clock) && clock.startsWith('https://'))) {
      throw wrongCall('--clock takes an address that begins with https://')
    }
    const ground = groundOf(given, { account, clock, readOnly: values['read-only'] ?? false })
    const io = clean(given, ground)
    return account === undefined ? await lookAtAll(only, ground, io) : await lookAtOne(ground, io)
  },
}

const refuseUnknown = (only: readonly string[]): void => {
  const known = [...areas, ...checks.map(({ code }) => code)]
  for (const name of only) {
    if (known.includes(name)) continue
    throw wrongCall(`There is no check and no area "${name}"`, nearestOf(name, known))
  }
}

const groundOf = (
  io: CommandIo,
  asked: {
    readonly account: string | undefined
    readonly clock: string | undefined
    readonly readOnly: boolean
  },
): Ground => ({
  env: withLocalParts(io).env,
  isLocal: !io.env['DATABASE_URL'] && !io.env['DATABASE_URL_FILE'],
  home: resolve(io.cwd, io.env['ROBNU_HOME'] || '.robnu'),
  project: projectFolder,
  ...{ now: io.now, fetch, readOnly: asked.readOnly },
  ...{ clock: asked.clock, accountId: asked.account },
})
const projectFolder = dirname(fileURLToPath(new URL('../..', import.meta.url)))

/** Whatever a server or a plugin says of itself: no secret of ours goes with it. */
const clean = (io: CommandIo, { env }: Ground): CommandIo => {
  const redact = createRedact(env)
  return {
    ...io,
    say: (line) => io.say(redact(line)),
    result: (value) => io.result(JSON.parse(redact(JSON.stringify(value)))),
  }
}

const lookAtAll = async (only: readonly string[], ground: Ground, io: CommandIo) => {
  const asked = only.length === 0
    ? checks
    : checks.filter(({ code, area }) => only.includes(code) || only.includes(area))
  const results = await runChecks(asked, createGet(readersOf(ground)))
  for (const line of linesOf(results)) io.say(line)
  const counts = countsOf(results)
  io.result({ ok: counts.fault === 0, counts, checks: results })
  return exitOf(counts.fault > 0)
}

const lookAtOne = async (ground: Ground, io: CommandIo): Promise<ExitCode> => {
  let facts: AccountFacts
  try {
    facts = await createGet(readersOf(ground))('account')
  } catch (error) {
    if (!isNothingToSee(error)) throw error
    throw new Error(`Cannot look at the account: ${error.message}; run "robnu doctor" first`)
  }
  const walked = walk(facts)
  for (const line of linesOfWalk(walked)) io.say(line)
  const isBroken = walked.broken?.state === 'fault'
  io.result({ ok: !isBroken, account: ground.accountId, ...walked })
  return exitOf(isBroken)
}

const exitOf = (isWrong: boolean): ExitCode => isWrong ? 1 : 0
