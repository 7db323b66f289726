/** `robnu plugins`: which plugins there are, and what becomes of each in the running processes. */
import { parseArgs } from 'node:util'
import { resolve } from 'node:path'
import type { Command } from '../command.ts'
import { operatorOf, reasonOf } from '../operator.ts'
import { onlyWord, verbWith } from '../verbs.ts'
import { refuseDryRun, wrongCall } from '../wrong-call.ts'

const verbs = [
  ...[
    'list',
    'add',
    'enable',
    'disable',
    'upgrade',
    'restart',
    'verify',
    'login',
    'schema',
  ] as const,
]

export const pluginsCommand: Command = {
  name: 'plugins',
  summary: 'Lists, adds, enables, disables and upgrades plugins, in running processes as well',
  usage: `Usage: robnu plugins list
       robnu plugins add <package or path> [--isolated] [--config file.json]
       robnu plugins enable <plugin> [--reason "…"] [--by <who>] [--no-wait]
       robnu plugins disable <plugin> --reason "…" [--by <who>] [--no-wait]
       robnu plugins upgrade <plugin> [--reason "…"] [--by <who>] [--no-wait]
       robnu plugins restart <plugin> --reason "…" [--by <who>] [--no-wait]
       robnu plugins verify [<plugin>]
       robnu plugins login <plugin>
       robnu plugins schema

"add" writes an entry into robnu.config.json, pinned by its integrity where the plugin is not of this
project, and disabled. "enable" and "upgrade" check it with the others, run its migrations
(DATABASE_OWNER_URL), write the file, and tell the running processes, which act within ten seconds; the
others go on. "disable" begins nothing new, lets what is in hand come to its end, and keeps what waits.
An upgrade replaces an isolated plugin at once; one in process is loaded by the next start of each
process: "list" shows it as restart-needed until then. Without DATABASE_URL only the file is changed.
"login" prints the SQL for the login of an isolated plugin, "schema" the JSON schema of the file.`,
  changes: true,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...{ reason: { type: 'string' }, by: { type: 'string' }, config: { type: 'string' } },
        ...{ isolated: { type: 'boolean' }, 'no-wait': { type: 'boolean' } },
      },
      allowPositionals: true,
    })
    const [verb, words] = verbWith(verbs, positionals)
    if (verb === 'add') {
      const use = onlyWord(words, 'the package or path of a plugin')
      const config = values.config && resolve(io.cwd, values.config)
      const options = { isolated: values.isolated ?? false, config }
      return await (await import('../../plugins/show.ts')).add(io, use, options)
    }
    if (verb === 'enable' || verb === 'disable' || verb === 'upgrade' || verb === 'restart') {
      const name = onlyWord(words, 'a plugin, as "robnu plugins list" does')
      const mustSay = verb === 'disable' || verb === 'restart'
      const reason = reasonOf(values.reason ?? (mustSay ? undefined : `robnu plugins ${verb}`))
      const by = operatorOf(io.env, values.by ?? (mustSay ? undefined : fallback(io.env)))
      const change = (await import('../../plugins/change.ts'))[verb]
      return await change(io, { name, reason, by, waits: !values['no-wait'] })
    }
    refuseDryRun(io, `plugins ${verb}`)
    if (verb === 'login') {
      const { login } = await import('../../plugins/login.ts')
      return await login(io, onlyWord(words, 'an isolated plugin'))
    }
    const { list, schema, verify } = await import('../../plugins/show.ts')
    if (verb === 'verify') {
      return await verify(io, words.length === 0 ? undefined : onlyWord(words, 'one plugin'))
    }
    if (words.length > 0) throw wrongCall(`"${verb}" takes no "${words[0]}"`)
    return verb === 'list' ? await list(io) : schema(io)
  },
}

/** Enabling must work where the system tells no user, as in a container. */
const fallback = (env: Readonly<Record<string, string | undefined>>): string | undefined =>
  ['SUDO_USER', 'USER', 'LOGNAME', 'USERNAME'].some((name) => env[name]) ? undefined : 'cli'
