/** Commands beside a running launcher: its parts where no database is named, and no secret of theirs. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Command, CommandIo } from '../../scripts/cli/command.ts'
import { withLocalParts } from '../../scripts/cli/local-parts.ts'
import { openHome } from '../../scripts/local/home.ts'
import { readRunning, tellRunning } from '../../scripts/local/running.ts'
import { commandsOf, robnu } from './support.ts'

const newHome = () => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-home-'))
  chmodSync(folder, 0o711)
  const home = openHome(join(folder, 'home'))
  onTestFinished(() => {
    home.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return home
}
const filled = {
  DATABASE_URL: 'postgres://robnu_app:canary-password@127.0.0.1:1/robnu',
  ROBNU_SECRET: 'canary-secret',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:2',
  AWS_SECRET_ACCESS_KEY: 'canary-given',
  ROBNU_PLUGINS: 'bazaar',
}
const given = { AWS_SECRET_ACCESS_KEY: 'canary-given', ROBNU_PLUGINS: 'bazaar' }

/** What a command that uses them sees, and what comes out of it. */
const look = async (env: Readonly<Record<string, string>>) => {
  let seen: CommandIo['env'] = {}
  const command: Command = {
    ...{ name: 'look', summary: 'Looks', usage: 'robnu look', changes: false },
    run: (_args, asked) => {
      const io = withLocalParts(asked)
      seen = io.env
      io.say(`said ${JSON.stringify(io.env)}`)
      io.result({ env: io.env })
      return Promise.resolve(0)
    },
  }
  const commands = commandsOf(command)
  const [people, program] = [
    await robnu(['look'], { commands, env }),
    await robnu(['look', '--json'], { commands, env }),
  ]
  return { seen, said: people.out + people.err + program.out, err: people.err }
}

it('finds the parts as long as the launcher runs, and says so', async () => {
  const home = newHome()
  const end = tellRunning(home, given, filled)
  const file = join(home.keys, 'running.json')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  // what came by the environment is that of whoever started it
  expect(readFileSync(file, 'utf8')).not.toContain('canary-given')

  const { seen, said, err } = await look({ ROBNU_HOME: home.path, AWS_ENDPOINT_URL: 'http://x' })
  expect(seen).toMatchObject({
    ...{ DATABASE_URL: filled.DATABASE_URL, ROBNU_SECRET: 'canary-secret', USER: 'ravi' },
    ...{ AWS_ENDPOINT_URL: 'http://x', ROBNU_PLUGINS: 'bazaar' },
    ROBNU_CONFIG: expect.stringMatching(/^\/.*robnu\.config\.json$/),
  })
  expect(err).toMatch(/^DATABASE_URL is not set: using the local parts of process \d+ in /)
  expect(err.split('\n')).toHaveLength(2)
  expect(said).toContain('robnu_app:…@127.0.0.1')
  expect(said).not.toContain('canary')

  const named = await look({ ROBNU_HOME: home.path, DATABASE_URL: 'postgres://mine' })
  expect([named.seen['ROBNU_SECRET'], named.err]).toEqual([undefined, ''])
  end()
  expect(readRunning(home.path)).toBeUndefined()
})

it('takes nothing of a launcher that was killed', async () => {
  const home = newHome()
  tellRunning(home, {}, filled)
  const file = join(home.keys, 'running.json')
  const running = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...running, mark: 'another birth' }))
  expect(readRunning(home.path)).toBeUndefined()
  writeFileSync(file, JSON.stringify({ ...running, pid: 2 ** 22 + 1 }))
  expect((await look({ ROBNU_HOME: home.path })).seen['ROBNU_SECRET']).toBeUndefined()
})
