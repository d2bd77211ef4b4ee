import { signal } from "../vendor/signals.mjs"

/** The time in milliseconds, renewed twice a minute: what "5 min ago" depends on. */
export const now = signal(Date.now())

setInterval(() => {
  if (document.visibilityState === "visible") now.value = Date.now()
}, 30_000)

document.addEventListener("visibilitychange", () => {
  now.value = Date.now()
})
