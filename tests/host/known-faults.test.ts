/**
 * Sentences that should be true and are not yet: each fails today. When one is mended its test turns
 * red here; it then moves, without `.fails`, to the file of what it is about.
 */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkPlugins } from '../../core/host/check.ts'
import { type Changes, loaded, marketplace, surface } from './support/plugins.ts'

const paths = (changes: Changes, of = surface) =>
  checkPlugins([loaded(of(changes))]).map(({ path }) => path)
const route = {
  ...{ method: 'get', path: '/tally', permission: 'tally:read', summary: 'x' },
  ...{ answer: z.object({}), handle: () => Promise.resolve({}) },
}

describe('a plugin in plain JavaScript', () => {
  it.fails.each<[path: string, changes: object]>([
    ['answer', { answer: {} }],
    ['answer', { answer: undefined }],
    ['params', { params: { id: 'text' } }],
    ['query', { query: 7 }],
    ['body', { body: [] }],
    ['method', { method: 'TRACE' }],
    ['path', { path: '/{id' }],
  ])('is told that the %s of its route is not of the form', (member, change) => {
    expect(paths({ routes: [{ ...route, ...change }] })).toEqual([`routes[0].${member}`])
  })

  it.fails('is told that a method of its adapter is none', () => {
    const verify = () => Promise.resolve()
    expect(paths({ adapter: { verify, syncOrders: 'later' }, schedule: {} }, marketplace))
      .toEqual(['adapter.syncOrders'])
  })

  it.fails('is told that what it starts is not carried yet', () => {
    expect(paths({ start: () => Promise.resolve(() => Promise.resolve()) })).toEqual(['start'])
  })
})

describe('two plugins', () => {
  it.fails('cannot serve one address', () => {
    const both = ['one', 'two'].map((id) => loaded(surface({ id, routes: [route] })))
    expect(checkPlugins(both).map(({ path }) => path)).toEqual(['routes[0].path', 'routes[0].path'])
  })
})
