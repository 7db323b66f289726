/**
 * Sessions that end or change while requests run, on two nodes with one database: the proof
 * `revocation` runs a thousand rounds of each.
 */
import { describe, expect, it } from 'vitest'
import type { OpenedSession } from '../../core/auth/sessions.ts'
import { command } from '../../core/db/sql.ts'
import { cookieName } from '../../core/http/cookie.ts'
import type { Role } from '../../core/plugin.ts'
import { draw, password, rounds, seed, timeout, useTwoNodes } from './two-nodes.ts'

const figures: Record<string, unknown> = {}
const nodes = useTwoNodes(figures)
const { node, person, signIn } = nodes

interface Seen {
  /** When it was sent, by the order of all things. */
  readonly began: number
  readonly status: number
  readonly role: string | undefined
}
/** Counts what happens, so that before and after need no clock. */
let order = 0

/**
 * Eight loops of requests on both nodes while `act` is done at some moment; they go on until each has
 * begun some more behind its answer.
 */
const raceRequests = async (
  session: OpenedSession,
  act: () => Promise<unknown>,
): Promise<{ readonly seen: readonly Seen[]; readonly answered: number }> => {
  const cookie = `${cookieName}=${await node(0).auth.issue(session.principal)}`
  const seen: Seen[] = []
  let answered = Number.POSITIVE_INFINITY
  const loop = async (at: number): Promise<void> => {
    for (let after = 0; after < 3;) {
      const began = ++order
      if (began > answered) after++
      const request = new Request('http://robnu.test/v1/me', { headers: { cookie } })
      const response = await node(at).app.fetch(request)
      const body = await response.json() as { user?: { role: string } }
      seen.push({ began, status: response.status, role: body.user?.role })
    }
  }
  const loops = Array.from({ length: 8 }, (_, at) => loop(at))
  const wait = draw(12)
  for (let turn = 0; turn < wait; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
  await act()
  answered = ++order
  await Promise.all(loops)
  return { seen, answered }
}
describe('sessions on two nodes', () => {
  it('let no request in that begins behind the answer to their end', { timeout }, async () => {
    const kinds = ['sign-out', 'revoke', 'revoke others', 'removal', 'reset', 'suspicion'] as const
    let [before, after] = [0, 0]
    for (let round = 0; round < rounds; round++) {
      const who = await person()
      const session = await signIn(who)
      const other = await signIn(who)
      const { auth } = node(draw(2))
      const { own } = auth
      const ends: Record<typeof kinds[number], () => Promise<unknown>> = {
        'sign-out': () => auth.signOut({ principal: session.principal }),
        'revoke': () => own.sessions.end(other.principal, session.principal.sessionId),
        'revoke others': () => own.sessions.endOthers(other.principal),
        'removal': () =>
          nodes.fresh.db.withPlatformScope(
            'test',
            (tx) =>
              tx.run(command`update seller_users set removed_at = now() where id = ${who.userId}`),
          ),
        'reset': () =>
          own.password.change(other.principal, { current: password, next: 'a kite, a river' }),
        'suspicion': async () => {
          const next = await auth.refresh(session.refresh.token)
          await auth.refresh(next.refresh.token)
          await expect(auth.refresh(session.refresh.token)).rejects.toThrow()
        },
      }
      const kind = kinds[round % kinds.length] ?? 'revoke'
      const { seen, answered } = await raceRequests(session, ends[kind])
      const late = seen.filter(({ began }) => began > answered)
      expect(late.length).toBeGreaterThanOrEqual(24)
      expect(late.filter(({ status }) => status !== 401), `${kind}, seed ${seed}`).toEqual([])
      before += seen.filter(({ status }) => status === 200).length
      after += late.length
    }
    Object.assign(figures, { acceptedBefore: before, refusedAfter: after, acceptedAfter: 0 })
    expect(before).toBeGreaterThan(rounds)
  })

  it('use the new role from the first request behind its change', { timeout }, async () => {
    const roles: readonly Role[] = ['OWNER', 'VIEWER', 'FINANCE', 'ADMIN', 'OPERATOR']
    let [oldRole, newRole] = [0, 0]
    const who = await person()
    let session = await signIn(who)
    for (let round = 0; round < rounds; round++) {
      const [from, to] = [roles[round % 5], roles[(round + 1) % 5]]
      const { seen, answered } = await raceRequests(
        session,
        () =>
          nodes.fresh.db.withPlatformScope(
            'test',
            (tx) =>
              tx.run(command`update seller_users set role = ${to ?? ''} where id = ${who.userId}`),
          ),
      )
      expect(seen.every(({ status }) => status === 200), `seed ${seed}`).toBe(true)
      const late = seen.filter(({ began }) => began > answered)
      expect(late.filter(({ role }) => role !== to), `seed ${seed}`).toEqual([])
      expect(seen.filter(({ role }) => role !== from && role !== to)).toEqual([])
      oldRole += seen.filter(({ role }) => role === from).length
      newRole += late.length
      const principal = await node(0).auth.reload(session.principal)
      if (principal === null) throw new Error('unreachable')
      session = { ...session, principal }
    }
    Object.assign(figures, { withOldRole: oldRole, withNewRole: newRole, wrongRole: 0 })
    expect(oldRole).toBeGreaterThan(0)
  })
})
