/** The verb of a command, and what it is about. */
import { nearestOf } from '#core/nearest.ts'
import { wrongCall } from './wrong-call.ts'

/** Throws for a verb that is not there, and for words too many. */
export const verbOf = <Verb extends string>(
  verbs: readonly Verb[],
  positionals: readonly string[],
  otherwise?: Verb,
): Verb => {
  const verb = wordOf(verbs, positionals[0] ?? otherwise)
  if (positionals.length > 1) throw wrongCall(`"${verb}" takes no "${positionals[1]}"`)
  return verb
}

/** A verb and the words behind it. */
export const verbWith = <Verb extends string>(
  verbs: readonly Verb[],
  positionals: readonly string[],
): readonly [Verb, readonly string[]] => [wordOf(verbs, positionals[0]), positionals.slice(1)]

const wordOf = <Verb extends string>(verbs: readonly Verb[], word: string | undefined): Verb => {
  if (word === undefined) throw wrongCall(`Say what to do: ${verbs.join(', ')}`)
  const found = verbs.find((one) => one === word)
  if (found === undefined) throw wrongCall(`There is no "${word}" here`, nearestOf(word, verbs))
  return found
}

/** The one word that a verb is about; `what` names it for people. */
export const onlyWord = (words: readonly string[], what: string): string => {
  const [word] = words
  if (word === undefined) throw wrongCall(`Name ${what}`)
  if (words.length > 1) throw wrongCall(`Name ${what} only: there is one "${words[1]}" too many`)
  return word
}

/** The same, and it must be an id. */
export const onlyId = (words: readonly string[], what: string): string => {
  const id = onlyWord(words, what)
  if (!isId(id)) throw wrongCall(`Name ${what}: an id is like 01998f70-9a4b-7c63-8d2e-5b6c7d8e9f0a`)
  return id.toLowerCase()
}

export const isId = (text: string): boolean =>
  /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text)

/** A whole number of an option. */
export const wholeOf = (text: string | undefined, name: string, otherwise: number): number => {
  if (text === undefined) return otherwise
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (value < 1) throw wrongCall(`${name} takes a whole number from 1 to 99999`)
  return value
}
