/** `robnu audit`: verifies trails where they lie or as a file, and exports one. */
import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'
import { operatorOf } from '../operator.ts'
import { isId, onlyId, onlyWord, verbWith } from '../verbs.ts'
import { refuseDryRun, wrongCall } from '../wrong-call.ts'

const verbs = ['verify', 'export'] as const

export const auditCommand: Command = {
  name: 'audit',
  summary: 'Verifies audit trails, and exports that of a seller',
  usage: `Usage: robnu audit verify [<seller id>]
       robnu audit verify <export.jsonl> [--keys keys.json] [--digests <path>]…
       robnu audit export <seller id> [--out <file>] [--by <who>]

Without a file the chains are verified in the database, those of all sellers and of the org: every hash,
every link, and the signed digests with ROBNU_AUDIT_KEYS. Whoever owns the database could have written
all of it anew: only an export beside digests that were kept elsewhere says more, and needs neither a
database nor us (it is scripts/verify-audit.mjs). Ends with 0: as it was recorded. 1: not. 2: it could
not be verified.

An export is JSON lines on stdout, or in a file of --out that must not exist yet; it is an event of the
trail itself, with who made it (--by, your login).`,
  changes: true,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...{ keys: { type: 'string' }, digests: { type: 'string', multiple: true } },
        ...{ out: { type: 'string' }, by: { type: 'string' } },
      },
      allowPositionals: true,
    })
    const [verb, words] = verbWith(verbs, positionals)
    const desk = await import('../audit-desk.ts')
    if (verb === 'export') {
      const sellerId = onlyId(words, 'the id of a seller')
      const by = operatorOf(io.env, values.by)
      if (io.json && values.out === undefined && !io.dryRun) {
        throw wrongCall('With --json an export goes to a file: --out <file>')
      }
      return await desk.exportOne(io, { sellerId, by, out: values.out })
    }
    refuseDryRun(io, 'audit verify')
    const what = words.length === 0 ? undefined : onlyWord(words, 'one export')
    if (what === undefined || isId(what)) return await desk.verifyStored(io, what)
    return await desk.verifyFile(io, what, values)
  },
}
