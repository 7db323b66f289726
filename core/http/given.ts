/** Optional members, for callees that tell an absent member from an undefined one. */

export type Given<T> = { -readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** The members that have a value. */
export const given = <T extends object>(members: T): Given<T> =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Given<T>
