/** `robnu retention`: what is kept of buyers and is due, and the asking for its end. */
import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'
import { operatorOf, reasonOf } from '../operator.ts'
import { onlyId } from '../verbs.ts'
import { wrongCall } from '../wrong-call.ts'

export const retentionCommand: Command = {
  name: 'retention',
  summary: 'Says what is kept of buyers longer than allowed, and has it erased',
  usage: `Usage: robnu retention --dry-run [--seller <id>]
       robnu retention --reason "…" [--seller <id>] [--by <who>]

The sweep "retention-sweep" does the same by itself every hour. Buyers' fields of an order, and papers
that show the buyer, end so many days after delivery as its marketplace allows (30 or 90;
ROBNU_BUYER_DAYS shortens that), a day early, and 90 days more after the order came here at the latest;
orders, lines and money stay. With --dry-run it counts,
account by account, what is due, and changes nothing. Without, it asks the workers to erase that; they
need to run. What was erased is listed by GET /v1/erasures. Takes the environment of "robnu serve".`,
  changes: true,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...{ seller: { type: 'string' }, reason: { type: 'string' }, by: { type: 'string' } },
      },
      allowPositionals: true,
    })
    if (positionals.length > 0) throw wrongCall(`"retention" takes no "${positionals[0]}"`)
    const of = values.seller === undefined
      ? {}
      : { sellerId: onlyId([values.seller], 'the id of a seller') }
    const desk = await import('../retention-desk.ts')
    if (io.dryRun) return await desk.tellWhatIsDue(io, of)
    const reason = reasonOf(values.reason)
    return await desk.askToErase(io, { ...of, reason, by: operatorOf(io.env, values.by) })
  },
}
