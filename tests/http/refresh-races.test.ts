/**
 * Refresh tokens that many use at once, on two nodes with one database: the proof `refresh` runs a
 * thousand rounds.
 */
import { describe, expect, it } from 'vitest'
import { draw, rounds, timeout, useTwoNodes } from './two-nodes.ts'

const figures: Record<string, unknown> = {}
const { node, clock, person, signIn } = useTwoNodes(figures)
const refresh = (token: string, at: number) => node(at).auth.refresh(token)

describe('a session on two nodes', () => {
  it(
    'is refreshed by exactly one of a hundred, and ends when an old token comes back',
    { timeout },
    async () => {
      let [raced, replays] = [0, 0]
      for (let round = 0; round < rounds; round++) {
        const first = await signIn(await person())
        const asks = await Promise.allSettled(
          Array.from({ length: 100 }, (_, at) => refresh(first.refresh.token, at)),
        )
        const winners = asks.flatMap((ask) => ask.status === 'fulfilled' ? [ask.value] : [])
        const losers = asks.flatMap((ask) => ask.status === 'rejected' ? [ask.reason.code] : [])
        expect(winners).toHaveLength(1)
        expect(losers.filter((code) => code !== 'refresh-raced')).toEqual([])
        raced += losers.length
        const [winner] = winners
        if (winner === undefined) throw new Error('unreachable')
        // somebody has kept the old one, and uses it while the person uses the new one
        clock.now += 10_000 + draw(60_000)
        const [stolen] = await Promise.allSettled([
          refresh(first.refresh.token, round),
          refresh(winner.refresh.token, round + 1),
        ])
        expect(stolen.status).toBe('rejected')
        for (const token of [first.refresh.token, winner.refresh.token]) {
          await expect(refresh(token, draw(2))).rejects.toMatchObject({ code: 'session-over' })
        }
        for (const at of [0, 1]) expect(await node(at).auth.reload(first.principal)).toBeNull()
        replays++
      }
      Object.assign(figures, { parallel: 100, winners: replays, raced, familiesEnded: replays })
      expect(raced).toBe(rounds * 99)
    },
  )
})
