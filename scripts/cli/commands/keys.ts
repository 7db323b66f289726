/** `robnu keys`: the keys of sellers, and what is done with all that they sealed. */
import { parseArgs } from 'node:util'
import type { Walk } from '#core/ledger/keys/walk-rows.ts'
import type { Command, CommandIo, ExitCode } from '../command.ts'
import type { Asked, KeysDesk } from '../keys-desk.ts'
import { operatorOf, reasonOf } from '../operator.ts'
import { tableOf, timeOf } from '../table.ts'
import { onlyId, verbWith, wholeOf } from '../verbs.ts'
import { refuseDryRun, wrongCall } from '../wrong-call.ts'

const verbs = [
  ...['list', 'status', 'rotate', 'verify', 'prune', 'rewrap'] as const,
  ...['shred', 'certificate'] as const,
]

export const keysCommand: Command = {
  name: 'keys',
  summary: 'Lists, rotates, tries and wraps anew the keys of sellers',
  usage: `Usage: robnu keys list <seller id>
       robnu keys status [<seller id>] [--open] [--limit 50]
       robnu keys rotate <seller id> | --all   --reason "…" [--by <who>] [--wait]
       robnu keys verify <seller id> | --all   --reason "…" [--by <who>] [--one-in 100] [--wait]
       robnu keys prune <seller id> | --all    --reason "…" [--by <who>] [--days <n>] [--wait]
       robnu keys rewrap <seller id> | --all   --reason "…" [--by <who>] [--force]
       robnu keys shred <seller id>            --reason "…" [--by <who>]
       robnu keys certificate <seller id> [--out <file>]
       robnu keys certificate <file> --keys <keys.json>

"rotate" makes a new key and has the workers seal everything anew under it, while the seller goes on;
"verify" has them open every value, or one row in so many, and forget it; "prune" has them look that
nothing is left under keys that were replaced so many days ago (ROBNU_BACKUP_DAYS and 5), and destroys
those. All three wait for workers ("robnu worker"); with --wait the command stays until they are done, and
says how far they are. A walk that is under way is joined. "rewrap" asks KMS to wrap the roots anew: after
KMS got new material, or when AWS_S3_PER_SELLER_KMS was switched; it touches no data, and may be stopped and
called again. --force does it where nothing shows that it is needed: an alias that leads to another KMS key.
"status" also names sellers with keys of before there were roots, each a call of KMS at every load.
"shred" and "certificate" are "offboard" and "certificate" of "robnu seller".
Takes the environment of "robnu serve".`,
  changes: true,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...{ all: { type: 'boolean' }, open: { type: 'boolean' }, wait: { type: 'boolean' } },
        ...{ force: { type: 'boolean' }, limit: { type: 'string' }, days: { type: 'string' } },
        ...{ 'one-in': { type: 'string' }, reason: { type: 'string' }, by: { type: 'string' } },
        ...{ out: { type: 'string' }, keys: { type: 'string' } },
      },
      allowPositionals: true,
    })
    const [verb, words] = verbWith(verbs, positionals)
    if (verb === 'list' || verb === 'status') {
      refuseDryRun(io, `keys ${verb}`)
      if (verb === 'list') return await list(io, onlyId(words, 'the id of a seller'))
      const sellerId = words.length === 0 ? undefined : onlyId(words, 'the id of a seller')
      const limit = wholeOf(values.limit, '--limit', 50)
      return await status(io, { ...sellerId && { sellerId }, open: values.open ?? false, limit })
    }
    if (verb === 'certificate') {
      refuseDryRun(io, 'keys certificate')
      return await (await import('../offboarding-desk.ts')).certificate(io, words, values)
    }
    if (verb === 'shred') {
      const { offboard } = await import('../offboarding-desk.ts')
      const sellerId = onlyId(words, 'the id of a seller')
      const asked = { sellerId, reason: reasonOf(values.reason), by: operatorOf(io.env, values.by) }
      return await offboard(io, { ...asked, days: undefined, isExported: true })
    }
    const all = values.all ?? false
    if (all && words.length > 0) throw wrongCall('Name a seller, or say --all: not both')
    const sellerId = all ? undefined : onlyId(words, 'the id of a seller, or say --all')
    const asked = { reason: reasonOf(values.reason), by: operatorOf(io.env, values.by) }
    const what = { verb, sellerId, asked, wait: values.wait ?? false }
    const oneIn = wholeOf(values['one-in'], '--one-in', 1)
    if (oneIn > 1 && verb !== 'verify') throw wrongCall('--one-in is for "verify"')
    const days = values.days === undefined ? undefined : wholeOf(values.days, '--days', 1)
    const force = values.force ?? false
    const acts: Readonly<Record<typeof verb, Act>> = {
      rotate: (desk, id) => walk(desk, id, { ...what, kind: 'ROTATE' }),
      verify: (desk, id) => walk(desk, id, { ...what, kind: 'VERIFY', oneIn }),
      prune: (desk, id) =>
        prune(desk, id, { ...what, days: days ?? desk.backupDays + daysToSpare }),
      rewrap: (desk, id) => rewrap(desk, id, asked, force),
    }
    return await each(io, sellerId, acts[verb])
  },
}

/** Behind the last backup that was made while values lay under an old key. */
const daysToSpare = 5
const unknown = 'This seller has no keys'

interface Done {
  readonly seller: string
  readonly ok: boolean
}
type Act = (desk: KeysDesk, sellerId: string) => Promise<Done>

const each = (asked: CommandIo, sellerId: string | undefined, act: Act): Promise<ExitCode> =>
  onKeys(asked, async (desk) => {
    const { io } = desk
    const done: Done[] = []
    const on = async (id: string) => {
      if (io.signal.aborted) throw new Error('Stopped')
      done.push(await act(desk, id))
    }
    if (sellerId !== undefined) {
      if ((await desk.list(sellerId)).length === 0) throw new Error(unknown)
      await on(sellerId)
    } else {
      let page = await desk.sellers(null)
      while (page.length > 0) {
        for (const id of page) await on(id)
        page = await desk.sellers(page.at(-1) ?? null)
      }
      io.say(`${done.length} sellers`)
    }
    io.result(io.dryRun ? { would: done } : { done })
    return done.every(({ ok }) => ok) ? 0 : 1
  })

interface WalkAsk {
  readonly kind: Walk['kind']
  readonly asked: Asked
  readonly wait: boolean
  readonly oneIn?: number
  readonly below?: number
}

const walk = async (desk: KeysDesk, sellerId: string, ask: WalkAsk): Promise<Done> => {
  const { io } = desk
  const { kind, asked, oneIn, below } = ask
  if (io.dryRun) {
    io.say(`Would ask for ${kind} of ${sellerId}`)
    return { seller: sellerId, ok: true }
  }
  const { id, created } = await desk.ask(sellerId, {
    ...{ kind, ...asked },
    ...oneIn === undefined ? {} : { oneIn },
    ...below === undefined ? {} : { below },
  })
  if (!ask.wait) {
    io.say(`${created ? 'Asked for' : 'Joined'} ${kind} ${id} of ${sellerId}`)
    return { seller: sellerId, ok: true, ...{ walk: id, created } }
  }
  const end = await untilEnd(desk, sellerId, id)
  const ok = end.state === 'DONE'
  io.say(`${end.state} ${kind} of ${sellerId}: ${told(end)}`)
  for (const { table, column, id: row } of end.faults) io.warn(`  ${table}.${column} of ${row}`)
  return { seller: sellerId, ok, ...{ walk: end } }
}

const told = ({ opened, resealed, unreadable, failure }: Walk): string =>
  [
    `${opened} opened, ${resealed} sealed anew, ${unreadable} do not open`,
    ...failure === null ? [] : [failure],
  ].join('; ')

const lookEveryMs = 1_000

const untilEnd = async (desk: KeysDesk, sellerId: string, id: string): Promise<Walk> => {
  const { io } = desk
  const { pause } = await import('#core/queues/pause.ts')
  let last = ''
  for (;;) {
    const now = await desk.walk(sellerId, id)
    if (now === null) throw new Error('The walk is gone')
    if (now.ended_at !== null) return now
    const line = `${now.state}, pass ${now.pass}${now.place === null ? '' : `, ${now.place}`}`
    if (line !== last) io.warn(`${line}: ${told(now)}`)
    last = line
    await pause(lookEveryMs, io.signal)
    if (io.signal.aborted) throw new Error('Stopped looking; the workers go on')
  }
}

const prune = async (
  desk: KeysDesk,
  sellerId: string,
  ask: Omit<WalkAsk, 'kind'> & { readonly days: number },
): Promise<Done> => {
  const below = await desk.prunable(sellerId, ask.days)
  const old = (await desk.list(sellerId)).filter(({ purpose, state, version }) =>
    purpose === 'seal' && state === 'RETIRED' && version < (below ?? 0)
  )
  if (below === null || old.length === 0) {
    desk.io.say(`Nothing to destroy of ${sellerId}: no key was replaced ${ask.days} days ago`)
    return { seller: sellerId, ok: true }
  }
  return await walk(desk, sellerId, { ...ask, kind: 'PRUNE', below })
}

const rewrap = async (
  desk: KeysDesk,
  sellerId: string,
  asked: Asked,
  force: boolean,
): Promise<Done> => {
  const { dryRun } = desk.io
  const done = await desk.rewrap(sellerId, { ...asked, force, dryRun })
  const verb = dryRun ? 'would be wrapped' : 'wrapped'
  desk.io.say(`${sellerId}: ${done.rewrapped} of ${done.keys} keys ${verb} anew by ${done.alias}`)
  return { seller: sellerId, ok: true, ...done }
}

const list = (asked: CommandIo, sellerId: string): Promise<ExitCode> =>
  onKeys(asked, async ({ io, list: keysOf }) => {
    const keys = await keysOf(sellerId)
    if (keys.length === 0) throw new Error(unknown)
    io.result({ seller: sellerId, keys })
    const rows = keys.map((one) => [
      ...[one.purpose, one.version, one.state, one.uses, timeOf(one.created_at)],
      ...[timeOf(one.wrapped_at), one.kms_alias ?? 'root'],
    ])
    const heading = ['purpose', 'version', 'state', 'uses', 'since', 'wrapped', 'by']
    for (const line of tableOf([heading, ...rows])) io.say(line)
    return 0
  })

const status = (
  asked: CommandIo,
  ask: { readonly sellerId?: string; readonly open: boolean; readonly limit: number },
): Promise<ExitCode> =>
  onKeys(asked, async ({ io, walks, unrooted }) => {
    const found = await walks(ask)
    const beforeRoots = ask.sellerId === undefined ? await unrooted(ask.limit) : []
    io.result({ walks: found, before_roots: beforeRoots })
    const rows = found.map((one) => [
      ...[one.id, one.seller_id, one.kind, one.state, one.pass, one.opened, one.resealed],
      ...[one.unreadable, timeOf(one.created_at), timeOf(one.ended_at)],
    ])
    const counts = ['pass', 'opened', 'resealed', 'unreadable']
    const heading = ['id', 'seller', 'kind', 'state', ...counts, 'asked', 'ended']
    for (const line of tableOf([heading, ...rows])) io.say(line)
    if (beforeRoots.length > 0) {
      io.say('Keys of before there were roots, each a call of KMS at every load; "rotate" them:')
      for (const sellerId of beforeRoots) io.say(`  ${sellerId}`)
    }
    return 0
  })

const onKeys = async (
  io: CommandIo,
  work: (desk: KeysDesk) => Promise<ExitCode>,
): Promise<ExitCode> => (await import('../keys-desk.ts')).withKeys(io, work)
