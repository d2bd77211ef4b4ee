/** @import { RoleName } from "../types.d.ts" */
import { html } from "../html.mjs"
import { hueOf, initials } from "../text/names.mjs"

/**
 * A person's picture: their initials on their colour.
 * @param {{name: string, size?: "small"|"large"}} props
 */
export function Avatar({ name, size }) {
  const classes = `avatar avatar-${hueOf(name)} ${size ? `avatar-${size}` : ""}`
  return html`<span class=${classes} aria-hidden="true">${initials(name)}</span>`
}

/**
 * The role in words, its colour as a dot: some of the colours could not be
 * read as text. Members are the rule and carry no badge.
 * @param {{role: RoleName|string, color: string, always?: boolean}} props
 */
export function RoleBadge({ role, color, always }) {
  if (role === "Member" && !always) return null
  return html`<span class="role" style=${{ "--role": color }}>${role}</span>`
}
