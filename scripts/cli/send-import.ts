/** A report on its way through the API, as any program with an API key would send it. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '#core/ids.ts'
import type { CommandIo, ExitCode } from './command.ts'

const waitMs = 1_000

interface Import {
  readonly id: string
  readonly state: string
  readonly failure: { readonly message: string } | null
  readonly report: { readonly name: string } | null
  readonly lines: {
    readonly told: number
    readonly accepted: number
    readonly skipped: number
    readonly rejected: number
    readonly skipped_reasons: Readonly<Record<string, number>>
    readonly rejected_reasons: Readonly<Record<string, number>>
  }
  readonly rows: { readonly new: number; readonly changed: number; readonly unchanged: number }
}

export const sendImport = async (
  io: CommandIo,
  { account, path, key }: {
    readonly account: string
    readonly path: string
    readonly key: string
  },
): Promise<ExitCode> => {
  const { signal } = io
  const api = io.env['ROBNU_URL'] ?? 'http://127.0.0.1:8787'
  const headers = { authorization: `Bearer ${key}` }
  const file = resolve(io.cwd, path)
  const { size } = await stat(file)
  if (io.dryRun) {
    // whoever may not read imports may not send one that can be followed either
    await answerOf(await fetch(`${api}/v1/imports?limit=1`, { headers, signal }))
    io.result({ would: { account, file: basename(path), bytes: size } })
    io.say(`Would send ${basename(path)}, ${size} bytes`)
    return 0
  }
  const query = new URLSearchParams({ account, file: basename(path) })
  const request = {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/octet-stream',
      'content-length': String(size),
      'idempotency-key': newId(),
    },
    body: Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>,
    duplex: 'half',
    signal,
  }
  let found = await answerOf<Import>(await fetch(`${api}/v1/imports?${query}`, request))
  for (let told = -1; !isOver(found);) {
    if (found.lines.told !== told) {
      io.warn(`${found.state.toLowerCase()}: ${found.lines.told} lines`)
    }
    told = found.lines.told
    await sleep(waitMs, undefined, { signal })
    found = await answerOf(await fetch(`${api}/v1/imports/${found.id}`, { headers, signal }))
  }
  tell(io, found)
  if (found.state === 'SUCCEEDED') {
    io.result(found)
    return 0
  }
  throw new Error(found.failure?.message ?? found.state)
}

const isOver = ({ state }: Import): boolean => state !== 'QUEUED' && state !== 'RUNNING'

const answerOf = async <Answer>(response: Response): Promise<Answer> => {
  const answer = await response.json()
  if (!response.ok) throw new Error(`${answer.title}: ${answer.detail}`)
  return answer
}

const tell = (io: CommandIo, { report, lines, rows }: Import): void => {
  if (report === null) return
  io.say(
    `${report.name}: ${lines.accepted} lines accepted, ${lines.skipped} skipped, ${lines.rejected} rejected`,
  )
  io.say(`${rows.new} new, ${rows.changed} changed, ${rows.unchanged} unchanged`)
  const reasons = { ...lines.skipped_reasons, ...lines.rejected_reasons }
  for (const [reason, count] of Object.entries(reasons)) io.say(`  ${reason}: ${count}`)
}
