/** What every command of `robnu` shares: names, help, JSON, exit codes, dry runs, Ctrl-C, secrets. */
import { parseArgs } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { configFault } from '../../core/config.ts'
import { fault } from '../../core/errors.ts'
import type { Command, CommandIo, ExitCode } from '../../scripts/cli/command.ts'
import { wrongCall } from '../../scripts/cli/wrong-call.ts'
import { commandsOf, robnu } from './support.ts'

const commandOf = (
  run: (args: readonly string[], io: CommandIo) => ExitCode | Promise<ExitCode>,
  more: Partial<Command> = {},
): Command => ({
  name: 'paint',
  summary: 'Paints the wall',
  usage: 'Usage: robnu paint [--colour <name>]',
  changes: true,
  run: (args, io) => Promise.try(() => run(args, io)),
  ...more,
})
const call = (
  args: readonly string[],
  run: Parameters<typeof commandOf>[0] = () => 0,
  more: Partial<Command> = {},
  options: Parameters<typeof robnu>[1] = {},
) => {
  const other = commandOf(() => 0, { name: 'wash', summary: 'Washes the wall', changes: false })
  return robnu(args, { commands: commandsOf(commandOf(run, more), other), ...options })
}
const paints = (args: readonly string[], io: CommandIo): ExitCode => {
  const { values } = parseArgs({ args: [...args], options: { colour: { type: 'string' } } })
  io.warn('painting')
  io.say(`The wall is ${values.colour}`)
  io.result({ colour: values.colour })
  return 0
}

describe('robnu', () => {
  it('says lines to people, and one line of JSON to programs', async () => {
    const people = await call(['paint', '--colour', 'red'], paints)
    expect(people).toMatchObject({ code: 0, out: 'The wall is red\n', err: 'painting\n' })
    const program = await call(['paint', '--json', '--colour', 'red'], paints)
    expect(program).toMatchObject({ code: 0, out: '{"colour":"red"}\n', err: 'painting\n' })
  })

  it('leaves to the command what stands behind --', async () => {
    const seen: (readonly string[])[] = []
    await call(['paint', '--', '--json', '--help'], (args, io) => {
      seen.push(args)
      io.say('done')
      return 0
    })
    expect(seen).toEqual([['--', '--json', '--help']])
  })

  it('gives a program a line even where the command forgot it', async () => {
    expect((await call(['paint', '--json'])).json()).toEqual({ ok: true })
    const failed = await call(['paint', '--json'], (_args, io) => {
      io.warn('the bucket is empty')
      return 1
    })
    expect(failed.code).toBe(1)
    expect(failed.json()).toEqual({ error: { code: 'failed', message: 'the bucket is empty' } })
  })

  it('lists its commands, and tells how each is called', async () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { code, out } = await call(args)
      expect(code, args.join()).toBe(0)
      expect(out).toContain('  paint  Paints the wall\n  wash   Washes the wall\n')
    }
    for (const args of [['paint', '--help'], ['help', 'paint'], ['paint', 'x', '-h']]) {
      const { code, out } = await call(args)
      expect(code, args.join()).toBe(0)
      expect(out).toMatch(/^Paints the wall\.\n\nUsage: robnu paint \[--colour <name>\]\n/)
      expect(out).toContain('--dry-run')
    }
    expect((await call(['wash', '--help'])).out).not.toContain('--dry-run')
    expect((await call(['--version'])).out).toBe('1.2.3\n')
    expect((await call(['--version', '--json'])).json()).toEqual({ version: '1.2.3' })
    expect((await call(['--help', '--json'])).json()).toEqual({ commands: ['paint', 'wash'] })
  })

  const wrong: readonly (readonly [string, readonly string[], RegExp, string | undefined])[] = [
    ['no command', [], /^Name a command\n/, undefined],
    ['an unknown one', ['pant'], /^There is no command "pant"\nDid you mean "paint"\?/, 'paint'],
    ['one far from all', ['xylophone'], /^There is no command "xylophone"\nSee/, undefined],
    ['an unknown option', ['paint', '--color', 'x'], /"--color"\nDid you mean/, '--colour'],
    ['one of all commands', ['paint', '--jason'], /"--jason"\nDid you mean/, '--json'],
    ['an option in front', ['--jsn', 'paint'], /option "--jsn"\nDid you mean/, '--json'],
    ['an option without value', ['paint', '--colour'], /argument missing/, undefined],
    ['a word too many', ['paint', 'wall'], /Unexpected argument 'wall'/, undefined],
    ['a dry run of what changes nothing', ['wash', '--dry-run'], /takes no --dry-run/, undefined],
  ]
  for (const [what, args, message, nearest] of wrong) {
    it(`ends with 2 for ${what}, and names what was meant`, async () => {
      const people = await call(args, paints)
      expect([people.code, people.out]).toEqual([2, ''])
      expect(people.err).toMatch(message)
      expect(people.err).toMatch(/\nSee robnu (?:paint |wash )?--help\n$/)
      const { code, json } = await call([...args, '--json'], paints)
      expect(code).toBe(2)
      expect(json()).toEqual({
        error: {
          code: 'wrong-call',
          message: expect.stringMatching(/^\S/),
          ...nearest === undefined ? {} : { nearest },
        },
      })
    })
  }

  it('tells why it failed, what to do about it, and every fault', async () => {
    const throwing = (error: unknown) => () => {
      throw error
    }
    const away = throwing(fault('database-unavailable'))
    const people = await call(['paint'], away, { advice: '  ask the doctor' })
    expect([people.code, people.out]).toEqual([1, ''])
    expect(people.err).toMatch(/^The database does not answer\n {2}\S[^\n]+\n {2}ask the doctor\n$/)
    expect((await call(['paint', '--json'], away)).json()).toEqual({
      error: {
        code: 'database-unavailable',
        message: 'The database does not answer',
        next: expect.stringContaining('Try again'),
      },
    })
    const faults = ['DATABASE_URL: is not set', 'PORT: must be a whole number']
    expect((await call(['paint', '--json'], throwing(configFault(faults)))).json()).toEqual({
      error: { code: 'faults', message: expect.stringContaining('2 fault(s)'), faults },
    })
    expect((await call(['paint', '--json'], throwing(new Error('boom')))).json())
      .toEqual({ error: { code: 'failed', message: 'boom' } })
    const said = await call(['paint'], throwing(wrongCall('Say how', '--colour')))
    expect(said).toMatchObject({
      code: 2,
      err: 'Say how\nDid you mean "--colour"?\nSee robnu paint --help\n',
    })
  })

  it('keeps to one line where a command fails behind its result', async () => {
    const failed = await call(['paint', '--json'], (_args, io) => {
      io.result({ url: 'x' })
      throw new Error('fell over')
    })
    expect(failed).toMatchObject({ code: 1, err: 'fell over\n' })
    expect(failed.json()).toEqual({ url: 'x' })
  })

  it('tells the command of a dry run and of JSON', async () => {
    const seen: unknown[] = []
    const look = (_args: readonly string[], { dryRun, json }: CommandIo): ExitCode => {
      seen.push([dryRun, json])
      return 0
    }
    await call(['paint', '--dry-run'], look)
    await call(['paint', '--json'], look)
    expect(seen).toEqual([[true, false], [false, true]])
  })

  it('says no secret of its environment, in whatever form', async () => {
    const [secret, password, peppered, d] = ['canary-one', 'pass/word@2', 'canary-two', 'canary-3']
    const env = {
      ROBNU_SECRET: secret,
      DATABASE_URL: `postgres://robnu_app:${encodeURIComponent(password)}@127.0.0.1:5432/robnu`,
      ROBNU_PEPPERS: JSON.stringify({ 1: peppered }),
      ROBNU_JWT_KEYS: JSON.stringify({ keys: [{ kty: 'OKP', d, kid: 'the-key' }] }),
    }
    const all = [...Object.values(env), secret, password, encodeURIComponent(password), peppered, d]
    const loose = (_args: readonly string[], io: CommandIo): ExitCode => {
      for (const one of all) {
        io.say(`said ${one}`)
        io.warn(`warned ${one}`)
      }
      io.result({ deep: [{ all }] })
      throw new Error(`failed with ${all.join(' ')}`)
    }
    for (const args of [['paint'], ['paint', '--json']]) {
      const { out, err } = await call(args, loose, {}, { env })
      expect(err).toContain('failed with …')
      for (const one of [secret, password, encodeURIComponent(password), peppered, d]) {
        expect(out + err).not.toContain(one)
      }
    }
  })

  it('ends with what the command is doing when it is asked to stop', async () => {
    const stopping = new AbortController()
    const begun = Promise.withResolvers<void>()
    const asked = call(
      ['paint', '--json'],
      (_args, io) =>
        new Promise<ExitCode>((_, reject) => {
          io.signal.addEventListener('abort', () => reject(new Error('cut off')))
          begun.resolve()
        }),
      {},
      { signal: stopping.signal },
    )
    await begun.promise
    stopping.abort(new Error('SIGINT'))
    const { code, json } = await asked
    expect(code).toBe(1)
    expect(json()).toEqual({ error: { code: 'stopped', message: 'Stopped before it was done' } })
    const late = await call(['paint'], () => expect.unreachable(), {}, { signal: stopping.signal })
    expect(late).toMatchObject({ code: 1, err: 'Stopped before it was done\n' })
  })

  it('leaves behind what does not stop in time, and waits for what says that it drains', async () => {
    vi.useFakeTimers()
    try {
      const stopping = new AbortController()
      const deaf = call(['paint'], () => new Promise<ExitCode>(() => {}), {}, {
        signal: stopping.signal,
      })
      const end = Promise.withResolvers<ExitCode>()
      const slow = call(['paint'], () => end.promise, { drains: true }, { signal: stopping.signal })
      await vi.advanceTimersByTimeAsync(0)
      stopping.abort(new Error('SIGTERM'))
      await vi.advanceTimersByTimeAsync(6_000)
      expect(await deaf).toMatchObject({ code: 1, err: 'Stopped before it was done\n' })
      end.resolve(0)
      expect(await slow).toMatchObject({ code: 0, err: '' })
    } finally {
      vi.useRealTimers()
    }
  })
})
