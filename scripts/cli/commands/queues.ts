/** `robnu queues`: what waits, what failed, and what is held back. */
import { parseArgs } from 'node:util'
import { nearestOf } from '#core/nearest.ts'
import type { Command, CommandIo, ExitCode } from '../command.ts'
import { nobodysSession, operatorOf, reasonOf } from '../operator.ts'
import type { QueueDesk } from '../queue-desk.ts'
import { tableOf, timeOf } from '../table.ts'
import { isId, onlyWord, verbWith, wholeOf } from '../verbs.ts'
import { refuseDryRun, wrongCall } from '../wrong-call.ts'

const verbs = ['stats', 'pause', 'resume', 'switches', 'dead-letters', 'redrive'] as const

export const queuesCommand: Command = {
  name: 'queues',
  summary: 'Shows what waits, holds it back, and sends again what failed',
  usage: `Usage: robnu queues stats
       robnu queues switches
       robnu queues pause <key> --reason "…" [--by <who>]
       robnu queues resume <key> --reason "…" [--by <who>]
       robnu queues dead-letters [--queue <name>] [--limit 50]
       robnu queues redrive <queue | letter id> --reason "…" [--by <who>]

A key is sweep:<id>, marketplace:<CODE> or account:<id>; "switches" lists them. What is paused begins
nothing new within seconds and goes on where it stopped; a queue as such has no switch, because what is
in it belongs to many. A redrive gives each letter's work a new message; what is decided already is
left as it is. Takes the environment of "robnu serve".`,
  changes: true,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...{ queue: { type: 'string' }, limit: { type: 'string' } },
        ...{ reason: { type: 'string' }, by: { type: 'string' } },
      },
      allowPositionals: true,
    })
    const [verb, words] = verbWith(verbs, positionals)
    if (verb === 'pause' || verb === 'resume') {
      const key = onlyWord(words, 'the key of a switch')
      const reason = reasonOf(values.reason)
      const by = operatorOf(io.env, values.by)
      return await onQueues(io, (desk) => set(desk, { key, reason, by }, verb === 'resume'))
    }
    if (verb === 'redrive') {
      const what = onlyWord(words, 'a queue or the id of a dead letter')
      const reason = reasonOf(values.reason)
      const by = operatorOf(io.env, values.by)
      return await onQueues(io, (desk) => redrive(desk, { what, reason, by }))
    }
    refuseDryRun(io, `queues ${verb}`)
    if (words.length > 0) throw wrongCall(`"${verb}" takes no "${words[0]}"`)
    const limit = wholeOf(values.limit, '--limit', 50)
    if (verb === 'stats') return await onQueues(io, stats)
    if (verb === 'switches') return await onQueues(io, switches)
    return await onQueues(io, (desk) => list(desk, values.queue, limit))
  },
}

const stats = async ({ io, stats }: QueueDesk): Promise<ExitCode> => {
  const queues = await stats()
  io.result({ queues })
  const count = (depth: { ready: number; inFlight: number } | null) =>
    depth === null ? '–' : depth.ready + depth.inFlight
  const heading = ['queue', 'waiting', 'running', 'oldest due', 'unsent', 'sqs', 'dlq', 'dead']
  const rows = queues.map((one) => [
    ...[one.queue, one.waiting, one.running, timeOf(one.oldest_due_at), one.unsent],
    ...[count(one.sqs), count(one.dlq), one.dead_letters],
  ])
  for (const line of tableOf([heading, ...rows])) io.say(line)
  return 0
}

const switches = async ({ io, switches }: QueueDesk): Promise<ExitCode> => {
  const all = await switches('robnu').list(nobodysSession)
  io.result({ switches: all })
  for (const { key, enabled, reason, changed_at } of all) {
    const why = reason === null ? '' : `  ${timeOf(changed_at)}: ${reason}`
    io.say(`${enabled ? 'on ' : 'OFF'}  ${key}${why}`)
  }
  return 0
}

const set = async (
  { io, switches }: QueueDesk,
  ask: { readonly key: string; readonly reason: string; readonly by: string },
  enabled: boolean,
): Promise<ExitCode> => {
  const { key, by } = ask
  const known = await switches(by).list(nobodysSession)
  const before = known.find((one) => one.key === key)
  if (before === undefined && !/^account:/.test(key)) {
    const keys = known.map((one) => one.key)
    throw wrongCall(`There is no switch "${key}"`, nearestOf(key, keys))
  }
  if (io.dryRun) {
    io.result({ would: { key, enabled }, before: before ?? null })
    io.say(`Would switch ${key} ${enabled ? 'on' : 'off'}`)
    return 0
  }
  const after = await switches(by).set(nobodysSession, { ...ask, enabled })
  io.result(after)
  io.say(`${key} is ${enabled ? 'on' : 'off'}`)
  return 0
}

const list = async (
  { io, letters }: QueueDesk,
  queue: string | undefined,
  limit: number,
): Promise<ExitCode> => {
  const ask = { state: 'DEAD', limit, ...queue === undefined ? {} : { queue } } as const
  const found = await letters('robnu').list(nobodysSession, ask)
  io.result({ letters: found.letters, more: found.next !== null })
  const rows = found.letters.map((one) => [
    ...[one.id, one.queue, one.target, one.seller_id, timeOf(one.created_at), one.reason],
  ])
  for (const line of tableOf([['id', 'queue', 'target', 'seller', 'since', 'reason'], ...rows])) {
    io.say(line)
  }
  if (found.next !== null) io.say(`There are more: --limit takes up to 99999`)
  return 0
}

const redrive = async (
  { io, letters, queues }: QueueDesk,
  { what, reason, by }: { readonly what: string; readonly reason: string; readonly by: string },
): Promise<ExitCode> => {
  const isLetter = isId(what)
  const desk = letters(by)
  const redriven: string[] = []
  const seen = new Set<string>()
  for (;;) {
    const ask = isLetter ? { id: what } : { queue: what, state: 'DEAD' as const }
    const page = (await desk.list(nobodysSession, { ...ask, limit: 100 })).letters
      .filter(({ id }) => !seen.has(id))
    if (page.length === 0) break
    for (const { id, seller_id: sellerId, state } of page) {
      if (io.signal.aborted) throw new Error('Stopped')
      seen.add(id)
      if (state !== 'DEAD') {
        throw new Error(`The letter is ${state} already: nothing was done`)
      }
      if (!io.dryRun) {
        await desk.decide(nobodysSession, { sellerId, id, decision: 'redrive', reason, by })
      }
      io.say(`${io.dryRun ? 'Would redrive' : 'Redriven'} ${id}`)
      redriven.push(id)
    }
    if (io.dryRun && page.length === 100) {
      io.warn('There are more: these are the newest 100')
      break
    }
    if (isLetter) break
  }
  if (isLetter && redriven.length === 0) throw new Error('There is no dead letter of this id')
  if (!isLetter && redriven.length === 0 && !queues.includes(what)) {
    throw wrongCall(`There is no queue "${what}"`, nearestOf(what, queues))
  }
  io.result(io.dryRun ? { would: redriven } : { redriven })
  if (redriven.length === 0) io.say('There is no dead letter in this queue')
  return 0
}

const onQueues = async (
  io: CommandIo,
  work: (desk: QueueDesk) => Promise<ExitCode>,
): Promise<ExitCode> => (await import('../queue-desk.ts')).withQueues(io, work)
