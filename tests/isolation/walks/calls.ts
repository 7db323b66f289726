/** Makes one call of a walk: a route, and ids, filters, cursors and bodies for it, own and others'. */
import type { Draw } from '../draw.ts'
import { markOf } from '../marks.ts'
import { type KnownRoute, nobodysIds, type Parameter, type Request } from '../positions.ts'
import type { Kind, Maker } from '../route-row.ts'
import { type Actor, allowedFor } from './actors.ts'
import type { Model } from './model.ts'

export interface Call {
  readonly actor: Actor
  readonly route: KnownRoute
  readonly request: Request
  readonly allowed: ReadonlySet<number>
  /** Places that hold an id of a seller whom the actor may not see. */
  readonly foreign: readonly string[]
}
export interface CallDeps {
  readonly model: Model
  /** Of the lane; the other sellers of the house are foreign to all of them. */
  readonly sellers: readonly number[]
  /** Cursors that the lists have given out, by seller and route. */
  readonly cursors: ReadonlyMap<string, readonly string[]>
  readonly serial: () => number
}

export const makeCall = (
  { model, sellers, cursors, serial }: CallDeps,
  draw: Draw,
  actor: Actor,
  route: KnownRoute,
): Call => {
  const all = model.parties.map(({ number }) => number)
  const allowed = allowedFor(actor, route.row, all)
  const home = actor.seller ?? draw.pick(sellers)
  const foreign: string[] = []

  /** Mostly an own one of the kind; else another's, of another kind, or nobody's. */
  const idFor = (place: string, kind: Kind | undefined): string => {
    const isOwn = draw.chance(55)
    const seller = isOwn ? home : draw.pick(draw.chance(85) ? sellers : all)
    const wanted = kind === undefined || draw.chance(8) ? draw.pick(model.kinds) : kind
    const ids = model.idsOf(seller, wanted)
    const id = ids.length === 0 || draw.chance(5) ? draw.pick(nobodysIds) : draw.pick(ids)
    const owners = model.ownersOf(id)
    if (owners && owners.size > 0 && !some(owners, allowed)) foreign.push(place)
    return id
  }
  const make: Maker = {
    draw,
    // what staff write stands in rows of whatever seller it is about
    mark: route.permission.startsWith('staff:') ? 'the house' : markOf(home),
    serial: serial(),
    id: (kind) => idFor(`body ${kind}`, kind),
    shop: (at) => {
      const party = model.parties.find(({ number }) => number === home)
      if (!party) throw new Error(`There is no seller ${home}`)
      return party.shops[at]
    },
  }
  const { row } = route
  const valueOf = (one: Parameter): string => {
    const place = `${one.in} ${one.name}`
    const word = row.words?.[place]
    if (word) return word(make)
    if (one.name === 'cursor') return cursorFor(draw, cursors, home, sellers, route)
    const { format, enum: values, type } = one.schema
    const kind = row.ids?.[place]
    if (kind !== undefined || format === 'uuid') {
      return (row.forms?.[place] ?? '') + idFor(place, kind)
    }
    if (values) return String(draw.pick(values))
    if (type === 'boolean') return String(draw.chance(50))
    if (type === 'integer') return String(1 + draw.below(20))
    throw new Error(`${route.name}: nobody says what stands in ${place}`)
  }

  let path = route.path
  const query: string[] = []
  for (const one of route.parameters) {
    if (one.in === 'path') path = path.replace(`{${one.name}}`, encodeURIComponent(valueOf(one)))
    else if (one.required === true || draw.chance(30)) {
      query.push(`${one.name}=${encodeURIComponent(valueOf(one))}`)
    }
  }
  const body = row.file?.(make) ?? (route.body && row.body?.(make))
  const request = {
    method: route.method,
    path: path + (query.length > 0 ? `?${query.join('&')}` : ''),
    ...(body === undefined ? {} : { body }),
  }
  return { actor, route, request, allowed, foreign }
}

/** Of this list, of another one, or of another seller. */
const cursorFor = (
  draw: Draw,
  cursors: ReadonlyMap<string, readonly string[]>,
  home: number,
  sellers: readonly number[],
  { name }: KnownRoute,
): string => {
  const isOwn = draw.chance(60)
  const seller = isOwn ? home : draw.pick(sellers)
  const given = draw.chance(85)
    ? cursors.get(`${seller} ${name}`)
    : draw.pick([...cursors.values(), []])
  return given && given.length > 0 ? draw.pick(given) : 'of-nobody'
}

export const some = <T>(set: ReadonlySet<T>, other: ReadonlySet<T>): boolean =>
  [...set].some((one) => other.has(one))
