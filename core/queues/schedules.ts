/** Cron texts: five fields, read in India's time whatever the machine's is. */
import { CronExpressionParser } from 'cron-parser'

export const timeZone = 'Asia/Kolkata'

/** The first instant after `after`. Throws for what `isCron` refuses. */
export const nextRun = (cron: string, after: Date): Date => {
  if (!isFiveFields(cron)) throw new Error(`Cannot read the cron text "${cron}": not five fields`)
  return CronExpressionParser.parse(cron, { currentDate: after, tz: timeZone }).next().toDate()
}

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
