/** What a plugin in plain JavaScript can get wrong, because no compiler has looked at it. */
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
  it.each<[path: string, changes: object]>([
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

  it('is told that a method of its adapter is none', () => {
    const verify = () => Promise.resolve()
    expect(paths({ adapter: { verify, syncOrders: 'later' }, schedule: {} }, marketplace))
      .toEqual(['adapter.syncOrders'])
  })
})

describe('two plugins', () => {
  it('cannot serve one address', () => {
    const both = ['one', 'two'].map((id) => loaded(surface({ id, routes: [route] })))
    expect(checkPlugins(both).map(({ path }) => path)).toEqual(['routes[0].path', 'routes[0].path'])
  })
})
