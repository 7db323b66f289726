/** The order in which plugins start. */
import { describe, expect, it } from 'vitest'
import { orderPlugins } from '../../core/host/order.ts'
import { loaded, surface } from './support/plugins.ts'

const plugins = (needs: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(needs).map(([id, wanted]) =>
    loaded(surface({ id, ...(wanted.length > 0 ? { needs: wanted } : {}) }))
  )
const orderOf = (needs: Readonly<Record<string, readonly string[]>>) => {
  const { ordered, faults } = orderPlugins(plugins(needs))
  return { ids: ordered.map(({ plugin }) => plugin.id), faults }
}

describe('plugins', () => {
  it('keep the order of the configuration where nobody needs anybody', () => {
    expect(orderOf({ c: [], a: [], b: [] })).toEqual({ ids: ['c', 'a', 'b'], faults: [] })
  })

  it('come behind all that they need, each once', () => {
    const { ids, faults } = orderOf({
      top: ['left', 'right'],
      left: ['base'],
      right: ['base'],
      base: [],
    })
    expect(ids).toEqual(['base', 'left', 'right', 'top'])
    expect(faults).toEqual([])
  })

  it('that need each other are told the whole way round', () => {
    const { faults } = orderOf({ a: ['b'], b: ['c'], c: ['a'] })
    expect(faults).toEqual([
      { plugin: 'a', path: 'needs', message: 'goes round in a circle: a → b → c → a' },
    ])
  })

  it('that need themselves are told so', () => {
    expect(orderOf({ a: ['a'] }).faults).toMatchObject([{ plugin: 'a', path: 'needs' }])
  })

  it('in two circles are told both', () => {
    const { faults } = orderOf({ a: ['b'], b: ['a'], c: ['d'], d: ['c'] })
    expect(faults.map(({ plugin }) => plugin)).toEqual(['a', 'c'])
  })

  it('whose need is not there are left to the check', () => {
    expect(orderOf({ a: ['moon'] })).toEqual({ ids: ['a'], faults: [] })
  })
})
