import { gstStateCode } from 'robnu/plugin'
import { digitsOf, hashOf, personFor, placeFor, randomFor } from 'robnu/testing'
import { expect, test } from 'vitest'

test('the same seed and key give the same numbers, other keys give others', () => {
  const numbers = (seed: number, key: string) => {
    const random = randomFor(seed, key)
    return Array.from({ length: 5 }, () => random.next())
  }
  expect(numbers(1, 'a')).toEqual(numbers(1, 'a'))
  expect(numbers(1, 'a')).not.toEqual(numbers(1, 'b'))
  expect(numbers(1, 'a')).not.toEqual(numbers(2, 'a'))
})

test('numbers are spread over their range, both ends included', () => {
  const random = randomFor(1, 'spread')
  const seen = new Map<number, number>()
  for (let draw = 0; draw < 6000; draw++) {
    const face = random.int(1, 6)
    seen.set(face, (seen.get(face) ?? 0) + 1)
  }
  expect([...seen.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6])
  for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  const heads = Array.from({ length: 1000 }, () => random.chance(0.25)).filter(Boolean).length
  expect(Math.abs(heads - 250)).toBeLessThan(60)
  expect(() => random.pick([])).toThrow('it is empty')
})

test('ids made of keys do not meet', () => {
  const ids = new Set(Array.from({ length: 200_000 }, (_, at) => digitsOf(1, `line/${at}`, 14)))
  expect(ids.size).toBe(200_000)
  for (const id of [...ids].slice(0, 100)) expect(id).toMatch(/^[1-9]\d{13}$/)
  expect(hashOf(1, 'key')).toBe(hashOf(1, 'key'))
})

test('buyers are invented, and their addresses are consistent', () => {
  const names = new Set<string>()
  for (let at = 0; at < 500; at++) {
    const random = randomFor(1, `buyer/${at}`)
    const person = personFor(random)
    const place = placeFor(random)
    names.add(person.name)
    expect(person.email).toMatch(/^[a-z.]+\d+@buyers\.invalid$/)
    expect(person.phone).toMatch(/^\+910\d{9}$/)
    expect(place.postalCode).toMatch(/^[1-8]\d{5}$/)
    expect(gstStateCode(place.state), place.state).not.toBeNull()
  }
  expect(names.size).toBeGreaterThan(200)
})
