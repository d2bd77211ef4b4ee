/** Looked for in this order: most browsers also name those they descend from. */
const browsers = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]]
const systems = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]]

/**
 * "Firefox on Windows", as far as the user agent tells.
 * @param {string|null|undefined} userAgent
 */
export function browserName(userAgent) {
  const text = userAgent ?? ""
  const named = (/** @type {string[][]} */ list) => list.find(([mark]) => text.includes(mark))?.[1]
  const browser = named(browsers) ?? (text.split("/")[0] || "Unknown device")
  const system = named(systems)
  return system ? `${browser} on ${system}` : browser
}
