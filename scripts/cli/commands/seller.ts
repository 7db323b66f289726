/** `robnu seller`: the sellers of the platform, from outside. */
import { parseArgs } from 'node:util'
import type { Command, CommandIo, ExitCode } from '../command.ts'
import { operatorOf, reasonOf } from '../operator.ts'
import { tableOf, timeOf } from '../table.ts'
import { onlyId, verbWith, wholeOf } from '../verbs.ts'
import { refuseDryRun, wrongCall } from '../wrong-call.ts'

const verbs = ['list', 'show', 'suspend', 'resume', 'offboard', 'recall', 'certificate'] as const
const states = ['ACTIVE', 'SUSPENDED', 'OFFBOARDED'] as const

export const sellerCommand: Command = {
  name: 'seller',
  summary: 'Lists and shows sellers, suspends and resumes them, and lets them go',
  usage:
    `Usage: robnu seller list [--status ACTIVE|SUSPENDED|OFFBOARDED] [--limit 50] [--after <id>]
       robnu seller show <id>
       robnu seller suspend <id> --reason "…" [--by <who>]
       robnu seller resume <id> --reason "…" [--by <who>]
       robnu seller offboard <id> --reason "…" [--by <who>] [--days 7] [--no-export]
       robnu seller recall <id> --reason "…" [--by <who>]
       robnu seller certificate <id> [--out <file>]
       robnu seller certificate <file> --keys <keys.json>

A suspended seller reads and exports, and writes nothing; its syncs wait, and go on when it is resumed.
The reason and who did it (--by, your login) stand in the trail of the seller, which reads both, and in
that of the org. Doing it twice is doing it once. Takes the environment of "robnu serve".

"offboard" lets a seller leave for good, as its OWNER may ask it: an export of all that it has is made,
the OWNERs are told at once and two days before, and after the days of grace the workers shut it and
destroy its keys. Until then "recall" calls it back; afterwards nothing does. "certificate" writes the
signed proof of it, or checks one without a database (it is scripts/verify-certificate.mjs): 0: certified.
1: not. 2: it could not be verified.`,
  changes: true,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...{ status: { type: 'string' }, limit: { type: 'string' }, after: { type: 'string' } },
        ...{ reason: { type: 'string' }, by: { type: 'string' }, days: { type: 'string' } },
        ...{ out: { type: 'string' }, keys: { type: 'string' }, 'no-export': { type: 'boolean' } },
      },
      allowPositionals: true,
    })
    const [verb, words] = verbWith(verbs, positionals)
    if (verb === 'suspend' || verb === 'resume') {
      const sellerId = onlyId(words, 'the id of a seller')
      const reason = reasonOf(values.reason)
      const by = operatorOf(io.env, values.by)
      return await change(io, verb, { sellerId, reason, by })
    }
    if (verb === 'offboard' || verb === 'recall') {
      const sellerId = onlyId(words, 'the id of a seller')
      const asked = { sellerId, reason: reasonOf(values.reason), by: operatorOf(io.env, values.by) }
      const desk = await import('../offboarding-desk.ts')
      if (verb === 'recall') return await desk.recall(io, asked)
      const days = values.days === undefined ? undefined : wholeOf(values.days, '--days', 0)
      return await desk.offboard(io, { ...asked, days, isExported: values['no-export'] !== true })
    }
    refuseDryRun(io, `seller ${verb}`)
    if (verb === 'certificate') {
      return await (await import('../offboarding-desk.ts')).certificate(io, words, values)
    }
    if (verb === 'show') return await show(io, onlyId(words, 'the id of a seller'))
    if (words.length > 0) throw wrongCall(`"list" takes no "${words[0]}"`)
    const status = states.find((one) => one === values.status)
    if (values.status !== undefined && !status) {
      throw wrongCall(`--status takes ${states.join(' or ')}`)
    }
    const limit = wholeOf(values.limit, '--limit', 50)
    const after = values.after === undefined ? undefined : onlyId([values.after], '--after')
    return await list(io, { limit, ...status && { status }, ...after && { after } })
  },
}

const unknown = 'There is no seller of this id'

const list = (
  asked: CommandIo,
  ask: {
    readonly limit: number
    readonly status?: (typeof states)[number]
    readonly after?: string
  },
): Promise<ExitCode> =>
  onSellers(asked, async ({ io, sellers }) => {
    const found = await sellers('').list(ask)
    io.result(found)
    const rows = found.sellers.map((one) => [
      ...[one.id, one.status, one.plan, one.users, one.marketplace_accounts],
      ...[timeOf(one.created_at), one.name],
    ])
    const heading = ['id', 'status', 'plan', 'users', 'accounts', 'since', 'name']
    for (const line of tableOf([heading, ...rows])) io.say(line)
    if (found.next !== null) io.say(`More: --after ${found.next}`)
    return 0
  })

const show = (asked: CommandIo, id: string): Promise<ExitCode> =>
  onSellers(asked, async ({ io, read }) => {
    const found = await read(id)
    if (found === null) throw new Error(unknown)
    const { seller, accounts } = found
    io.result({ ...seller, accounts })
    io.say(`${seller.name}  ${seller.id}`)
    io.say(`  ${seller.status}, plan ${seller.plan}, ${seller.users} users`)
    if (seller.suspended_at !== null) {
      io.say(`  suspended ${timeOf(seller.suspended_at)}: ${seller.suspension_reason}`)
    }
    for (const one of accounts) {
      const stands = [
        ...one.paused_at === null ? [] : ['paused'],
        ...one.needs_reconnect ? ['needs to be connected again'] : [],
        ...one.dead_letters === 0 ? [] : [`${one.dead_letters} dead letters`],
      ]
      io.say(`  ${one.marketplace} ${one.external_account_id}  ${one.id}  ${one.name}`)
      io.say(
        `    last good sync ${timeOf(one.last_synced_at)}, ${one.waiting} open${
          stands.map((text) => `, ${text}`).join('')
        }`,
      )
    }
    return 0
  })

const change = (
  asked: CommandIo,
  verb: 'suspend' | 'resume',
  ask: { readonly sellerId: string; readonly reason: string; readonly by: string },
): Promise<ExitCode> =>
  onSellers(asked, async ({ io, sellers, read }) => {
    const before = await read(ask.sellerId)
    if (before === null) throw new Error(unknown)
    const wanted = verb === 'suspend' ? 'SUSPENDED' : 'ACTIVE'
    const changes = before.seller.status !== wanted
    const { name } = before.seller
    if (io.dryRun) {
      io.result({ would: { id: ask.sellerId, from: before.seller.status, to: wanted }, changes })
      io.say(changes ? `Would ${verb} ${name}` : `${name} is ${wanted} already`)
      return 0
    }
    const seller = await sellers(ask.by)[verb](ask)
    if (seller === null) throw new Error(unknown)
    io.result({ ...seller, changed: changes })
    io.say(changes ? `${name} is ${wanted} now` : `${name} is ${wanted} already`)
    return 0
  })

const onSellers = async (
  io: CommandIo,
  work: (desk: import('../seller-desk.ts').SellerDesk) => Promise<ExitCode>,
): Promise<ExitCode> => (await import('../seller-desk.ts')).withSellers(io, work)
