/** `robnu staff`: the people of the platform. */
import { parseArgs } from 'node:util'
import type { Enrolment } from '#core/auth/staff-enrolment.ts'
import type { Command, CommandIo, ExitCode } from '../command.ts'
import { operatorOf } from '../operator.ts'
import { onlyWord, verbWith } from '../verbs.ts'
import { refuseDryRun, wrongCall } from '../wrong-call.ts'

const verbs = ['add', 'renew', 'remove', 'list'] as const

export const staffCommand: Command = {
  name: 'staff',
  summary: 'Adds, renews, removes and lists the people of the platform',
  usage: `Usage: robnu staff add <email> <name>
       robnu staff renew <email>
       robnu staff remove <email>
       robnu staff list

  --by <who>   who does it, for the trail of the org (your login)

A new password and authenticator are shown once, and kept nowhere. "renew" gives both anew; it and
"remove" end all that the person has open. Takes the environment of "robnu serve".`,
  changes: true,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { by: { type: 'string' } },
      allowPositionals: true,
    })
    const [verb, words] = verbWith(verbs, positionals)
    if (verb === 'list') {
      if (words.length > 0) throw wrongCall(`"list" takes no "${words[0]}"`)
      refuseDryRun(io, 'staff list')
      return await list(io)
    }
    const by = operatorOf(io.env, values.by)
    if (verb === 'add') {
      const [email, ...name] = words
      if (email === undefined || name.length === 0) throw wrongCall('Name <email> and <name>')
      return await add(io, { email, name: name.join(' '), by })
    }
    const email = onlyWord(words, '<email>')
    return verb === 'renew' ? await renew(io, email, by) : await remove(io, email, by)
  },
}

const nobody = 'There is no member of staff of this address'
const taken = 'Cannot add staff: there is somebody of this address; `renew` gives a new password'

const list = async (io: CommandIo): Promise<ExitCode> => {
  const { withStaff } = await import('../staff-desk.ts')
  const people = await withStaff(io, (desk) => desk.list())
  for (const { email, name } of people) io.say(`${email}  ${name}`)
  io.result({ staff: people })
  return 0
}

const add = async (
  io: CommandIo,
  person: { readonly email: string; readonly name: string; readonly by: string },
): Promise<ExitCode> => {
  const { withStaff } = await import('../staff-desk.ts')
  return await withStaff(io, async (desk) => {
    if (!io.dryRun) return show(io, await desk.add(person), taken)
    if (await desk.find(person.email)) throw new Error(taken)
    return told(io, `Would add ${person.email}`)
  })
}

const renew = async (io: CommandIo, email: string, by: string): Promise<ExitCode> => {
  const { withStaff } = await import('../staff-desk.ts')
  return await withStaff(io, async (desk) => {
    if (!io.dryRun) return show(io, await desk.renew(email, by), nobody)
    if (!await desk.find(email)) throw new Error(nobody)
    return told(io, `Would give ${email} a new password, and end all that is open`)
  })
}

const remove = async (io: CommandIo, email: string, by: string): Promise<ExitCode> => {
  const { withStaff } = await import('../staff-desk.ts')
  return await withStaff(io, async (desk) => {
    if (!(io.dryRun ? await desk.find(email) : await desk.remove(email, by))) {
      throw new Error(nobody)
    }
    if (io.dryRun) return told(io, `Would remove ${email}, and end all that is open`)
    io.result({ removed: email })
    io.say(`Removed ${email}: all that was open is over`)
    return 0
  })
}

const told = (io: CommandIo, would: string): ExitCode => {
  io.say(would)
  io.result({ would })
  return 0
}

/** The only place where these are ever told, with --json too. */
const show = (
  io: CommandIo,
  made: Enrolment | null,
  otherwise: string,
): ExitCode => {
  if (made === null) throw new Error(otherwise)
  io.result(made)
  io.say('Shown this once, and kept nowhere:')
  io.say(`  e-mail        ${made.email}`)
  io.say(`  password      ${made.password}`)
  io.say(`  authenticator ${made.secret}`)
  io.say(`  as a QR code  ${made.uri}`)
  return 0
}
