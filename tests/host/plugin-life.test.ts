/** What a process makes of what ops want, step by step; and that a step that fails changes nothing. */
import { describe, expect, it } from 'vitest'
import { openLiveHost } from '../../core/boot/live-host.ts'
import { createPluginBook } from '../../core/boot/plugin-book.ts'
import { createPluginLife, type PluginSteps } from '../../core/boot/plugin-life.ts'
import { type Host, openHost } from '../../core/host/host.ts'
import type { PluginProcess } from '../../core/host/isolated/process.ts'
import type { PluginEntry } from '../../core/config.ts'
import { silentLog } from '../../core/log.ts'
import type { PluginReport, WantedPlugin } from '../../core/queues/plugins.ts'
import { folderOf, source } from './support/plugins.ts'

const idsOf = (host: Host) => host.plugins.map(({ plugin }) => plugin.id)

/** Base, and top that needs it; `more` stands beside them. */
const openStage = async (uses: readonly string[], steps: Partial<PluginSteps> = {}) => {
  const configDir = await folderOf({
    'base.mjs': source(`id: 'base'`),
    'top.mjs': source(`id: 'top', needs: ['base']`),
    'more.mjs': source(`id: 'more'`),
    'broken.mjs': source(`id: 'broken', tables: ['orders'], api: 7`),
  })
  let now = 0
  let entries: readonly PluginEntry[] = uses.map((use) => ({ use, config: undefined }))
  let wanted: readonly WantedPlugin[] = []
  let told: readonly PluginReport[] = []
  const did: string[] = []
  const host = openLiveHost(await openHost(entries, configDir))
  const life = createPluginLife({
    host,
    log: silentLog,
    clock: () => new Date(now),
    entries: () => ({ plugins: entries, entries, configDir }),
    readWanted: () => Promise.resolve(wanted),
    report: (states) => {
      told = states
      return Promise.resolve()
    },
    steps: {
      lacks: () => Promise.resolve([]),
      prepare: (next) => ({ swap: () => void did.push(`serves ${idsOf(next).join('+')}`) }),
      start: ({ plugin }) => Promise.resolve(void did.push(`starts ${plugin.id}`)),
      stop: ({ plugin }) => Promise.resolve(void did.push(`stops ${plugin.id}`)),
      ...steps,
    },
  })
  await life.open()
  return {
    host,
    did,
    life,
    look: life.look,
    states: () => Object.fromEntries(told.map(({ plugin, state }) => [plugin, state])),
    causeOf: (id: string) => told.find(({ plugin }) => plugin === id)?.cause ?? '',
    configure: (...next: readonly string[]) => {
      entries = next.map((use) => ({ use, config: undefined }))
    },
    want: (...next: readonly (readonly [id: string, more: Partial<WantedPlugin>])[]) => {
      wanted = next.map(([id, more]) => ({
        ...{ id, use: `./${id}.mjs`, enabled: true, version: '1.0.0', trust: 'in-process' },
        ...{ integrity: null, generation: 1, reason: '', changed_at: new Date(0) },
        ...{ changed_by: 'system:cli:asha', ...more },
      } as WantedPlugin))
    },
    pass: (ms: number) => void (now += ms),
  }
}

describe('a look', () => {
  it('that finds nothing new does nothing', async () => {
    const stage = await openStage(['./base.mjs', './top.mjs'])
    await stage.look()
    await stage.look()
    expect(stage.did).toEqual([])
    expect(stage.states()).toEqual({ base: 'running', top: 'running' })
  })

  it('enables what the file names newly, and serves it when it has started', async () => {
    const stage = await openStage(['./base.mjs'])
    stage.configure('./base.mjs', './more.mjs')
    await stage.look()
    expect(stage.did).toEqual(['starts more', 'serves base+more'])
    expect(stage.states()).toEqual({ base: 'running', more: 'running' })
  })

  it('stops serving what is disabled before it is stopped', async () => {
    const stage = await openStage(['./base.mjs', './more.mjs'])
    stage.want(['more', { enabled: false }])
    await stage.look()
    expect(stage.did).toEqual(['serves base', 'stops more'])
    expect(stage.states()).toEqual({ base: 'running', more: 'disabled' })
    stage.want(['more', { generation: 2 }])
    await stage.look()
    expect(stage.did.slice(2)).toEqual(['starts more', 'serves base+more'])
  })

  it('disables what needs another one first, when both go', async () => {
    const stage = await openStage(['./base.mjs', './top.mjs'])
    stage.configure()
    await stage.look()
    expect(stage.did.filter((step) => step.startsWith('stops'))).toEqual([
      'stops top',
      'stops base',
    ])
    expect(idsOf(stage.host)).toEqual([])
  })

  it('replaces what is to be restarted: the old one stops before the new one starts', async () => {
    const stage = await openStage(['./base.mjs', './more.mjs'])
    stage.want(['more', { generation: 3 }])
    await stage.look()
    expect(stage.did).toEqual(['serves base+more', 'stops more', 'starts more'])
    await stage.look()
    expect(stage.did).toHaveLength(3)
  })

  it('says that a process has to be restarted for another version', async () => {
    const stage = await openStage(['./base.mjs'])
    stage.want(['base', { generation: 2, version: '2.0.0' }])
    await stage.look()
    expect(stage.did).toEqual([])
    expect(stage.states()).toEqual({ base: 'restart-needed' })
    expect(stage.causeOf('base')).toContain('Version 2.0.0 is wanted and 1.0.0 is loaded')
  })
})

describe('what cannot be done', () => {
  it('leaves everything as it was, and tells every fault', async () => {
    const stage = await openStage(['./base.mjs'])
    stage.configure('./base.mjs', './broken.mjs')
    await stage.look()
    expect(stage.did).toEqual([])
    expect(idsOf(stage.host)).toEqual(['base'])
    expect(stage.states()).toEqual({ base: 'running', './broken.mjs': 'failed' })
    for (const path of ['broken api: ', 'broken tables[0]: ']) {
      expect(stage.causeOf('./broken.mjs')).toContain(path)
    }
  })

  it('is tried again after a while, and not at every look', async () => {
    let lacks = ['more_things']
    let asked = 0
    const stage = await openStage(['./base.mjs'], {
      lacks: () => Promise.resolve((asked++, lacks)),
    })
    stage.configure('./base.mjs', './more.mjs')
    await stage.look()
    expect(stage.causeOf('more')).toContain('The database lacks more_things: run "robnu migrate"')
    await stage.look()
    expect(asked).toBe(1)
    lacks = []
    stage.pass(30_000)
    await stage.look()
    expect(stage.states()).toMatchObject({ more: 'running' })
  })

  it('is undone: a plugin whose start throws is not there', async () => {
    const stage = await openStage(['./base.mjs'], {
      start: () => Promise.reject(new Error('no licence')),
    })
    stage.configure('./base.mjs', './more.mjs')
    await stage.look()
    expect(stage.did).toEqual([])
    expect(idsOf(stage.host)).toEqual(['base'])
    expect(stage.causeOf('more')).toBe('no licence')
  })

  it('of a replacement leaves neither, and serves the others', async () => {
    const stage = await openStage(['./base.mjs', './more.mjs'], {
      start: () => Promise.reject(new Error('no licence')),
    })
    stage.want(['more', { generation: 2 }])
    await stage.look()
    expect(stage.did).toEqual(['serves base+more', 'stops more', 'serves base'])
    expect(stage.states()).toEqual({ base: 'running', more: 'failed' })
  })

  it('of what others need is told, and it goes on', async () => {
    const stage = await openStage(['./base.mjs', './top.mjs'])
    stage.want(['base', { enabled: false }])
    await stage.look()
    expect(stage.did).toEqual([])
    expect(stage.states()).toEqual({ base: 'running', top: 'running' })
    expect(stage.causeOf('base')).toContain('Cannot be disabled')
    expect(stage.causeOf('base')).toContain('top needs: "base" is not enabled')
  })
})

it('what ops have disabled does not start at all', async () => {
  const stage = await openStage(['./base.mjs', './more.mjs'])
  stage.want(['more', { enabled: false }])
  await stage.life.open()
  expect(idsOf(stage.host)).toEqual(['base'])
  expect(stage.did).toEqual([])
})

describe('a process of its own', () => {
  const stateOf = async (state: ReturnType<PluginProcess['state']>) => {
    const host = await openHost(
      [{ use: './base.mjs', config: undefined }],
      await folderOf({
        'base.mjs': source(`id: 'base'`),
      }),
    )
    const process: PluginProcess = {
      state: () => state,
      restart: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    }
    const book = createPluginBook(() => new Date(0))
    const entry = { use: './base.mjs', config: undefined, trust: 'isolated' } as const
    book.set(entry, 'running', { id: 'base', version: '1.0.0', generation: 1 })
    const plugins = host.plugins.map((one) => ({ ...one, process }))
    return book.list({ ...host, plugins })[0]
  }
  const since = new Date('2026-01-31T10:15:00Z')

  it('that has failed is told as failed, with its cause and since when', async () => {
    const cause = 'exited with code 3'
    expect(await stateOf({ state: 'failed', cause, starts: 6, since }))
      .toMatchObject({ plugin: 'base', state: 'failed', cause, since, trust: 'isolated' })
  })

  it('that is started again is told so, and one that runs is running', async () => {
    expect(await stateOf({ state: 'starting', starts: 2, since })).toMatchObject({
      ...{ state: 'starting', since },
    })
    expect(await stateOf({ state: 'running', starts: 2, since })).toMatchObject({
      ...{ state: 'running', cause: null },
    })
  })
})
