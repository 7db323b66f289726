/** Cron texts: five fields, read in India's time whatever the machine's is. */
import { CronExpressionParser } from 'cron-parser'

export const timeZone = 'Asia/Kolkata'

/** The first instant after `after`. Throws for what `isCron` refuses. */
export const nextRun = (cron: string, after: Date): Date => {
  if (!isFiveFields(cron)) throw new Error(`Cannot read the cron text "${cron}": not five fields`)
  return CronExpressionParser.parse(cron, { currentDate: after, tz: timeZone }).next().toDate()
}

/** Whether it never runs twice within the time: looked at from `after` on, for a few hundred runs. */
export const isAtLeastEvery = (cron: string, ms: number, after: Date): boolean => {
  let last = nextRun(cron, after)
  for (let looked = 0; looked < runsLookedAt; looked++) {
    const next = nextRun(cron, last)
    if (next.getTime() - last.getTime() < ms) return false
    last = next
  }
  return true
}
/** More than a day holds where it runs every five minutes. */
const runsLookedAt = 300

/** Whether the text is a cron of five fields that will ever come. */
export const isCron = (text: string): boolean => {
  try {
    nextRun(text, new Date())
    return true
  } catch {
    return false
  }
}

/** Numbers, names and `* , - /` alone: the parser also knows seconds, `@daily` and random times. */
const isFiveFields = (text: string): boolean => {
  const fields = text.split(' ')
  return fields.length === 5 && fields.every((field) => /^(?:[\d*,/-]|[a-z]{3})+$/i.test(field))
}
