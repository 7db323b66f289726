/** `robnu breach`: who is affected by what was opened in a window. */
import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'
import { operatorOf, reasonOf } from '../operator.ts'
import { onlyId } from '../verbs.ts'
import { wrongCall } from '../wrong-call.ts'

export const breachCommand: Command = {
  name: 'breach',
  summary: 'Says which sellers, buyers and fields were opened in a window, and by whom',
  usage:
    `Usage: robnu breach --reason "…" [--from <day>] [--to <day>] [--seller <id>] [--actor <who>]
       [--out <file.jsonl>] [--by <who>]

  --from, --to <day>  days of India, both inside the window; the last 30 days when absent
  --seller <id>       of this seller only
  --actor <who>       by this one only: user:<id>, key:<id>, run:<id>, push:<account> or
                      staff:<id>, which is all that this member of staff opened in any seller
  --out <file>        a new file: a line for each seller, then the ids of the rows, day by day

The report is made of the decrypt ledgers of all sellers and holds ids and counts, never a value and never
what people wrote. A buyer is an order whose fields were opened: who it is, the seller's own search tells.
That it was asked for, by whom and why, is an event of the org's trail. Takes the environment of
"robnu serve".`,
  changes: false,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...{ from: { type: 'string' }, to: { type: 'string' }, seller: { type: 'string' } },
        ...{ actor: { type: 'string' }, out: { type: 'string' } },
        ...{ reason: { type: 'string' }, by: { type: 'string' } },
      },
      allowPositionals: true,
    })
    if (positionals.length > 0) throw wrongCall(`"breach" takes no "${positionals[0]}"`)
    const to = values.to === undefined
      ? io.now()
      : new Date(dayOf(values.to, '--to').getTime() + dayMs)
    const from = values.from === undefined
      ? new Date(to.getTime() - 30 * dayMs)
      : dayOf(values.from, '--from')
    if (from >= to) throw wrongCall('--from must be before --to')
    const { actor, seller, out } = values
    if (actor !== undefined && !actorForm.test(actor)) {
      throw wrongCall('--actor takes user:<id>, key:<id>, run:<id>, push:<id> or staff:<id>')
    }
    const ask = {
      ...{ from, to, reason: reasonOf(values.reason), by: operatorOf(io.env, values.by) },
      ...seller === undefined ? {} : { sellerId: onlyId([seller], '--seller') },
      ...actor === undefined ? {} : { actor: actor.toLowerCase() },
    }
    return await (await import('../breach-desk.ts')).report(io, ask, out)
  },
}

const dayMs = 86_400_000
const actorForm = /^(?:user|key|run|push|staff):[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Where a day of India begins. */
const dayOf = (text: string, name: string): Date => {
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00+05:30`) : new Date(NaN)
  if (Number.isNaN(day.getTime())) throw wrongCall(`${name} takes a day, such as 2026-01-31`)
  return day
}
