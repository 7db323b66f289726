/**
 * Sends a report to be imported and says what came of it:
 * `npm run import -- --account <id> report.xlsx`. ROBNU_URL says where the API is,
 * ROBNU_API_KEY who asks; the key needs the scopes imports:create and imports:read.
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import process from 'node:process'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { environment } from '#core/config.ts'
import { newId } from '#core/ids.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const usage = 'Usage: ROBNU_API_KEY=rk_… npm run import -- --account <id> <file>'
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

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    options: { account: { type: 'string' } },
    allowPositionals: true,
  })
  const [path] = positionals
  const key = environment['ROBNU_API_KEY']
  if (values.account === undefined || path === undefined || !key) throw new Error(usage)
  const api = environment['ROBNU_URL'] ?? 'http://127.0.0.1:8787'
  const headers = { authorization: `Bearer ${key}` }

  const query = new URLSearchParams({ account: values.account, file: basename(path) })
  const { size } = await stat(path)
  const request = {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/octet-stream',
      'content-length': String(size),
      'idempotency-key': newId(),
    },
    body: Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
    duplex: 'half',
  }
  let found = await answerOf(await fetch(`${api}/v1/imports?${query}`, request))
  for (let told = -1; !isOver(found);) {
    if (found.lines.told !== told) say(`${found.state.toLowerCase()}: ${found.lines.told} lines`)
    told = found.lines.told
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    found = await answerOf(await fetch(`${api}/v1/imports/${found.id}`, { headers }))
  }
  tell(found)
  if (found.state !== 'SUCCEEDED') throw new Error(found.failure?.message ?? found.state)
}

const isOver = ({ state }: Import): boolean => state !== 'QUEUED' && state !== 'RUNNING'

const answerOf = async (response: Response): Promise<Import> => {
  const answer = await response.json()
  if (!response.ok) throw new Error(`${answer.title}: ${answer.detail}`)
  return answer
}

const tell = ({ report, lines, rows }: Import): void => {
  if (report === null) return
  say(
    `${report.name}: ${lines.accepted} lines accepted, ${lines.skipped} skipped, ${lines.rejected} rejected`,
  )
  say(`${rows.new} new, ${rows.changed} changed, ${rows.unchanged} unchanged`)
  const reasons = { ...lines.skipped_reasons, ...lines.rejected_reasons }
  for (const [reason, count] of Object.entries(reasons)) say(`  ${reason}: ${count}`)
}

main().then(
  () => process.exit(),
  (error) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(1)
  },
)
