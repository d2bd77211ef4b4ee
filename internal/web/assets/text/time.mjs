const hourCycle = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions().hourCycle
const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit", hourCycle })
const dayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" })
const dayOfYearFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" })
const shortFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" })
const shortYearFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" })
const weekdayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "short" })
const fullFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short", hourCycle })

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** "14:05" @param {string} iso */
export const clock = iso => clockFormat.format(new Date(iso))

/** "2:05": the clock's face alone, where there is little room. @param {string} iso */
export const clockFace = iso => clock(iso).replace(/\s?[ap]m$/i, "")

/** "Monday 24 November 2025 at 14:05" @param {string} iso */
export const full = iso => fullFormat.format(new Date(iso))

/** The calendar day in the reader's time zone. @param {string} iso */
export const dayKey = iso => new Date(iso).toDateString()

/**
 * "Today", "Yesterday", "Friday 3 October", "3 October 2019".
 * @param {string} iso
 * @param {number} now
 */
export function dayName(iso, now) {
  const date = new Date(iso)
  if (date.toDateString() === new Date(now).toDateString()) return "Today"
  if (date.toDateString() === new Date(now - DAY).toDateString()) return "Yesterday"
  return sameYear(date, now) ? dayFormat.format(date) : dayOfYearFormat.format(date)
}

/**
 * "now", "5 min", "3 h", "Tue", "3 Oct", "3 Oct 2019".
 * @param {string} iso
 * @param {number} now
 */
export function ago(iso, now) {
  const date = new Date(iso)
  const age = now - date.getTime()
  if (age < MINUTE) return "now"
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min`
  if (age < DAY) return `${Math.floor(age / HOUR)} h`
  if (age < 6 * DAY) return weekdayFormat.format(date)
  return sameYear(date, now) ? shortFormat.format(date) : shortYearFormat.format(date)
}

/** @param {Date} date @param {number} now */
function sameYear(date, now) {
  return date.getFullYear() === new Date(now).getFullYear()
}
