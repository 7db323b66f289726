/** The breach drill, put together for a command. */
import { resolve } from 'node:path'
import { finished } from 'node:stream/promises'
import { type AffectedSeller, type BreachAsk, openDrill } from '#core/audit/breach.ts'
import type { CommandIo, ExitCode } from './command.ts'
import { openNew } from './new-file.ts'
import { withPlatform } from './platform.ts'
import { tableOf, timeOf } from './table.ts'

export const report = (
  asked: CommandIo,
  ask: BreachAsk,
  out: string | undefined,
): Promise<ExitCode> =>
  withPlatform(asked, async ({ db, io }): Promise<ExitCode> => {
    const file = out === undefined ? undefined : await openNew(resolve(io.cwd, out))
    const { from, to, sellerId, actor } = ask
    const window = { from, to, seller: sellerId ?? null, actor: actor ?? null }
    const drill = await openDrill(db, ask)
    const sellers: AffectedSeller[] = []
    let lines = 0
    const write = async (line: unknown) => {
      if (file === undefined) return
      lines++
      if (!file.write(`${JSON.stringify(line)}\n`)) {
        await new Promise((on) => file.once('drain', on))
      }
    }
    await write({ type: 'window', ...window, made_at: io.now() })
    for await (const seller of drill.sellers()) {
      if (io.signal.aborted) throw new Error('Stopped')
      sellers.push(seller)
      await write({ type: 'seller', ...seller })
      if (file === undefined) continue
      for await (const rows of drill.rowsOf(seller)) await write({ type: 'rows', ...rows })
    }
    if (file !== undefined) {
      file.end()
      await finished(file)
    }
    const total = {
      sellers: sellers.length,
      buyers: sum(sellers, ({ buyers }) => buyers),
      openings: sum(sellers, ({ openings }) => openings),
      values: sum(sellers, ({ opened }) => opened),
    }
    io.result({ window, total, sellers, file: out ?? null })
    io.say(`From ${timeOf(from)} to ${timeOf(to)}, in ids and counts`)
    io.say(
      `${total.sellers} sellers, ${total.buyers} buyers, ${total.values} values in ` +
        `${total.openings} requests and jobs`,
    )
    sellers.forEach((seller) => tell(io, seller))
    if (out !== undefined) io.say(`Wrote ${lines} lines to ${out}`)
    return 0
  })

const tell = (io: CommandIo, seller: AffectedSeller): void => {
  io.say('')
  io.say(`Seller ${seller.seller_id}: ${seller.buyers} buyers, ${seller.opened} values`)
  io.say(`  first ${timeOf(seller.first_at)}, last ${timeOf(seller.last_at)}`)
  for (const { table, rows, columns } of seller.tables) {
    io.say(`  ${table}: ${rows} rows; ${Object.keys(columns).join(', ')}`)
  }
  const heading = ['opened by', 'requests', 'values']
  const most = seller.actors.slice(0, shownActors)
  const actors = most.map(({ actor, openings, opened }) => [actor, openings, opened])
  for (const line of tableOf([heading, ...actors])) io.say(`  ${line}`)
  const more = seller.actors.length - most.length
  if (more > 0) io.say(`  and ${more} more, with fewer values each`)
  const days = seller.days.map(({ day, opened }) => `${day} ${opened}`)
  io.say(`  by day: ${days.join(', ')}`)
}
const shownActors = 20

const sum = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((so, one) => so + of(one), 0)
