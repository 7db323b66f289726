/** What sign-in does and spends, with a gate made up. */
import { describe, expect, it } from 'vitest'
import { nobodysPhc, type PasswordHasher } from '../../core/auth/passwords.ts'
import { normalEmail, signIn } from '../../core/auth/sessions.ts'
import type { Queries } from '../../core/db/database.ts'
import type { Statement } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'

const make = (known: Readonly<Record<string, string>>) => {
  const checked: string[] = []
  const asked: Statement[] = []
  const hasher: Pick<PasswordHasher, 'verify'> = {
    verify: (password, phc) => {
      checked.push(phc)
      return Promise.resolve(password === 'right' && phc !== nobodysPhc)
    },
  }
  const maybeOne = <Row>(statement: Statement<Row>): Promise<Row | null> => {
    asked.push(statement)
    const email = String(statement.values[0])
    const row = statement.sql.includes('auth_identity')
      ? known[email] && { identity_id: newId(), password_hash: known[email] }
      : {
        seller_id: 's',
        seller_name: 'S',
        seller_status: 'ACTIVE',
        user_id: 'u',
        role: 'OWNER',
        authz_version: '1.1',
      }
    return Promise.resolve((row || null) as Row | null)
  }
  return {
    checked,
    asked,
    ask: (email: string, password: string) =>
      signIn(
        { gate: { maybeOne } as Queries },
        hasher as PasswordHasher,
        { email, password },
        { now: () => new Date('2026-01-01T00:00:00Z'), newId: () => 'the session' },
      ),
  }
}

describe('sign-in', () => {
  it('spends one hash, whether or not the address is known', async () => {
    const { ask, checked } = make({ 'a@example.in': 'stored' })
    expect(await ask('a@example.in', 'wrong')).toBeNull()
    expect(await ask('b@example.in', 'wrong')).toBeNull()
    expect(await ask('b@example.in', 'right')).toBeNull()
    expect(checked).toEqual(['stored', nobodysPhc, nobodysPhc])
  })

  it('opens nothing before the password is right, then a session of 30 days', async () => {
    const { ask, asked } = make({ 'a@example.in': 'stored' })
    await ask('a@example.in', 'wrong')
    expect(asked.map(({ sql }) => sql.includes('auth_open_session'))).toEqual([false])
    expect(await ask('a@example.in', 'right')).toMatchObject({
      principal: { sessionId: 'the session', sellerId: 's', userId: 'u', role: 'OWNER' },
      sellerName: 'S',
    })
    expect(asked.at(-1)?.values.slice(1)).toEqual([null, 'the session', '2026-01-31T00:00:00.000Z'])
  })

  it('has one spelling for an address', () => {
    for (
      const typed of [
        'Asha@Example.IN',
        ' asha@example.in ',
        'asha＠example.in',
        'ＡＳＨＡ@example.in',
      ]
    ) {
      expect(normalEmail(typed)).toBe('asha@example.in')
    }
    // letters of other scripts that look alike stay other letters
    for (
      const other of [
        'аsha@example.in',
        'asha@example.іn',
        'asha@exam\u200bple.in',
        'ásha@example.in',
      ]
    ) {
      expect(normalEmail(other)).not.toBe('asha@example.in')
    }
  })
})
