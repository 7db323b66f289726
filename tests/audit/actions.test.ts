/** What can be recorded: the table, and that nothing else is. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { orgActions, orgSentenceOf, sellerActions, sentenceOf } from '../../core/audit/actions.ts'
import { recordAudit, recordOrgAudit, recordPluginAudit } from '../../core/audit/record.ts'
import type { Tx } from '../../core/db/database.ts'
import { newId } from '../../core/ids.ts'

/** What was sent to be appended, as `[function, …values]`. */
const sent: unknown[][] = []
const tx = {
  atCommit: (statement) => {
    const name = /select (\w+)\(/.exec(statement.sql)?.[1]
    sent.push([name, ...statement.values])
  },
} as Tx
const last = () => sent.at(-1)
const sellerId = newId()

describe('the table of actions', () => {
  const rows = [...Object.entries(sellerActions), ...Object.entries(orgActions)]

  it('holds every action with a target, a sentence and the form of its data', () => {
    expect(Object.keys(sellerActions).length).toBeGreaterThanOrEqual(40)
    expect(Object.keys(orgActions).length).toBeGreaterThanOrEqual(9)
    for (const [name, { target, sentence, data }] of rows) {
      expect(name).toMatch(/^[a-z][a-z-]*\.[a-z][a-z-]*$/)
      expect(target, name).toMatch(/^[a-z][a-z-]*$/)
      // for people: no codes, no full stop
      expect(sentence, name).toMatch(/^[A-Z][^._:{}]+$/)
      expect(data, name).toBeInstanceOf(z.ZodObject)
    }
    const sentences = Object.values(sellerActions).map(({ sentence }) => sentence)
    expect(new Set(sentences).size).toBe(sentences.length)
  })

  it('takes no member that it does not name', () => {
    for (const [name, { data }] of rows) {
      const result = data.safeParse({ surprise: 'somebody@example.in' })
      expect(result.success, name).toBe(false)
      expect(result.error?.issues.map(({ code }) => code), name).toContain('unrecognized_keys')
    }
  })

  it('has no member for what is sealed elsewhere', () => {
    const members = rows.flatMap(([, { data }]) => Object.keys(data.shape))
    expect(members.length).toBeGreaterThan(30)
    const sealed = /mail|phone|address|password|secret|token|customer_name/
    expect(members.filter((member) => sealed.test(member))).toEqual([])
  })

  it('tells people what an action is, and names what it does not know', () => {
    expect(sentenceOf('user.role-changed')).toBe('The role of a person was changed')
    expect(sentenceOf('claims.filed')).toBe('claims.filed')
    expect(sentenceOf('constructor')).toBe('constructor')
    expect(orgSentenceOf('audit.chain-broken')).toBe('The chain of a seller does not verify')
    expect(orgSentenceOf('toString')).toBe('toString')
  })
})

describe('recording', () => {
  it('sends the event with COMMIT, its data as canonical text', () => {
    const user = `user:${newId()}` as const
    recordAudit(tx, sellerId, 'user.role-changed', user, { to: 'OPERATOR', from: 'VIEWER' })
    expect(last()).toEqual([
      ...['audit_append', sellerId, 'user.role-changed', user],
      '{"from":"VIEWER","to":"OPERATOR"}',
    ])
    recordAudit(tx, sellerId, 'mfa.enabled', user)
    expect(last()?.at(-1)).toBe('{}')
    recordOrgAudit(tx, sellerId, 'staff.added', `super-admin:${newId()}`)
    expect(last()?.[0]).toBe('org_audit_append')
  })

  it('is checked by the compiler: action, kind of target and data', () => {
    const before = sent.length
    // @ts-expect-error: nobody has declared it
    expect(() => recordAudit(tx, sellerId, 'user.promoted', 'user:x')).toThrow()
    // @ts-expect-error: the target is a user
    expect(() => recordAudit(tx, sellerId, 'user.added', 'seller:x', { role: 'OWNER' })).toThrow()
    // @ts-expect-error: the role is missing
    expect(() => recordAudit(tx, sellerId, 'user.added', 'user:x')).toThrow()
    expect(() =>
      // @ts-expect-error: there is no such role
      recordAudit(tx, sellerId, 'user.added', 'user:x', { role: 'GUEST' })
    ).toThrow()
    expect(() =>
      // @ts-expect-error: an address is nothing for the trail
      recordAudit(tx, sellerId, 'user.added', 'user:x', { role: 'OWNER', email: 'a@b.in' })
    ).toThrow()
    // @ts-expect-error: it is an action of sellers
    expect(() => recordOrgAudit(tx, sellerId, 'user.added', 'user:x')).toThrow()
    expect(sent.length).toBe(before)
  })

  it('says which member is wrong, and not what it holds', () => {
    const wrong = { role: 'asha@example.in' } as unknown as { role: 'OWNER' }
    expect(() => recordAudit(tx, sellerId, 'user.added', 'user:x', wrong))
      .toThrow(/^Cannot record "user.added": its data has the wrong form at \/role \w+$/)
    expect(() => recordAudit(tx, sellerId, 'mfa.enabled', `user:${'x'.repeat(200)}`))
      .toThrow('its target is no "user:<id>"')
  })
})

describe('a plugin', () => {
  const record = (plugin: string, action: string, target = 'thing:1') => () =>
    recordPluginAudit(tx, sellerId, plugin, action, target)

  it('records a verb, or a thing and a verb, under its own id', () => {
    record('claims', 'filed')()
    expect(last()?.slice(1)).toEqual([sellerId, 'claims.filed', 'thing:1', '{}'])
    record('claims', 'evidence.added')()
    expect(last()?.[2]).toBe('claims.evidence.added')
  })

  it('is refused in any other form, and under a name of core', () => {
    const before = sent.length
    for (
      const action of ['', 'Filed', 'filed now', 'a.b.c', '.filed', 'filed.', 'x\u0000', '1st']
    ) {
      expect(record('claims', action), action).toThrow('its form is "verb" or "thing.verb"')
    }
    expect(record('claims', `x${'y'.repeat(63)}`)).toThrow('its form is')
    // a plugin may be called like a thing of core
    expect(record('user', 'added')).toThrow('it is a name of core')
    expect(record('seller', 'suspended')).toThrow('it is a name of core')
    expect(record('claims', 'filed', 'x'.repeat(201))).toThrow('longer than 200')
    expect(sent.length).toBe(before)
  })
})
