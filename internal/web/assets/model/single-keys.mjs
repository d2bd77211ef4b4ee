import { effect, signal } from "../vendor/signals.mjs"
import { recall, remember } from "./storage.mjs"

/** Whether single letters are shortcuts: speech input types them by accident, so they can be switched off. */
export const singleKeys = signal(recall("single-keys", true))

effect(() => remember("single-keys", singleKeys.value ? null : false))
