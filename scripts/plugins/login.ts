/** `login`: what an administrator of the database runs for an isolated plugin. */
import { loginSql, needsLogin } from '#core/host/isolated/login-sql.ts'
import type { CommandIo, ExitCode } from '../cli/command.ts'
import { findLook, openConfig } from './read.ts'

export const login = async (asked: CommandIo, name: string): Promise<ExitCode> => {
  const opened = await openConfig(asked)
  const { io } = opened
  const { plugin, faults } = await findLook(opened, name)
  if (!plugin) {
    throw Object.assign(
      new Error(`"${name}" ${faults.map(({ message }) => message).join('; ')}`),
      { faults },
    )
  }
  const isNeeded = needsLogin(plugin)
  const sql = loginSql(plugin)
  io.result({ plugin: plugin.id, needed: isNeeded, sql })
  if (!isNeeded) io.warn(`${plugin.id} opens no scope of its own: it needs no login`)
  io.say(sql.trimEnd())
  return 0
}
