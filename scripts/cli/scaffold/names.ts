/** What a new plugin is called: one id, and every other name made of it. */
import { wrongCall } from '../wrong-call.ts'

export interface Names {
  /** `my_shop`: of the plugin, its tables and its folder. */
  readonly id: string
  /** `MY_SHOP`: what the registry dispatches by. */
  readonly code: string
  /** `My Shop`: what people read. */
  readonly name: string
  /** `robnu-my_shop`: of the npm package. */
  readonly packageName: string
}

/** Names of the house; a plugin of one of them would be taken for it. */
const reserved = ['core', 'robnu']

/** Throws what is wrong with an id, and what would be right. */
export const namesOf = (id: string): Names => {
  if (!/^[a-z][a-z0-9_]{1,30}$/.test(id)) {
    const better = id.toLowerCase().replaceAll(/[^a-z0-9_]+/g, '_').replace(/^[^a-z]+/, '')
    const isGood = /^[a-z][a-z0-9_]{1,30}$/.test(better)
    throw wrongCall(
      `"${id}" is no id: take 2 to 31 of a-z, 0-9 and _, a letter first`,
      isGood ? better : undefined,
    )
  }
  if (reserved.includes(id)) throw wrongCall(`"${id}" is a name of Robnu itself: take another`)
  const words = id.split('_').filter(Boolean)
  return {
    id,
    code: id.toUpperCase(),
    name: words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join(' '),
    packageName: `robnu-${id}`,
  }
}

/** A text of a template with its made-up names replaced. */
export const renamed = (text: string, { id, code, name }: Names): string =>
  text
    // a host knows no underscore
    .replaceAll(/\bapi\.nukkad\.example/g, `api.${id.replaceAll('_', '-')}.example`)
    // nor does a permission, nor a digit
    .replaceAll(/nukkad(?=:(?:read|write))/g, id.replaceAll(/[^a-z]+/g, '-').replace(/-$/, ''))
    .replaceAll('nukkad', id)
    .replaceAll('NUKKAD', code)
    .replaceAll('Nukkad', name)
