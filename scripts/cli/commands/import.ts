/** `robnu import`: sends a report of a marketplace, and says what came of it. */
import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'
import { onlyWord } from '../verbs.ts'
import { wrongCall } from '../wrong-call.ts'

export const importCommand: Command = {
  name: 'import',
  summary: 'Sends a report of a marketplace through the API, and says what came of it',
  usage: `Usage: ROBNU_API_KEY=rk_… robnu import --account <id> <file>

  --account <id>   the marketplace account that the report is of

ROBNU_URL says where the API is (http://127.0.0.1:8787), ROBNU_API_KEY who asks; the key needs the scopes
imports:create and imports:read. Ends when the import is over, with 1 where it failed; Ctrl-C stops
waiting, and the import goes on. --dry-run looks at the file and the key, and sends nothing.`,
  changes: true,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { account: { type: 'string' } },
      allowPositionals: true,
    })
    const { account } = values
    if (account === undefined) throw wrongCall('Name the account: --account <id>')
    const path = onlyWord(positionals, 'one file')
    const key = io.env['ROBNU_API_KEY']
    if (!key) throw wrongCall('ROBNU_API_KEY is not set: it says who asks')
    const { sendImport } = await import('../send-import.ts')
    return await sendImport(io, { account, path, key })
  },
}
