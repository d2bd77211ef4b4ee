/** @import { Message, Thread } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { html } from "../html.mjs"
import { openDialog } from "./dialog.mjs"
import { onDemand } from "./on-demand.mjs"

const Devices = onDemand(async () => (await import("./devices.mjs")).Devices)
const FlagMessage = onDemand(async () => (await import("./flag-message.mjs")).FlagMessage)
const Flags = onDemand(async () => (await import("./flags.mjs")).Flags)
const NewThread = onDemand(async () => (await import("./new-thread.mjs")).NewThread)
const Password = onDemand(async () => (await import("./password.mjs")).Password)
const RenameThread = onDemand(async () => (await import("./rename-thread.mjs")).RenameThread)
const Shortcuts = onDemand(async () => (await import("./shortcuts.mjs")).Shortcuts)
const WhoLikes = onDemand(async () => (await import("./who-likes.mjs")).WhoLikes)
const SubThreads = onDemand(async () => (await import("./sub-threads.mjs")).SubThreads)

export const openDevices = () => openDialog(html`<${Devices} />`)
export const openFlags = () => openDialog(html`<${Flags} />`)
export const openPassword = () => openDialog(html`<${Password} />`)
export const openShortcuts = () => openDialog(html`<${Shortcuts} />`)
export const startThread = () => openDialog(html`<${NewThread} />`)

/** @param {Message} message */
export const startSubThread = message => openDialog(html`<${NewThread} from=${message} />`)

/** @param {Room} room @param {string} title */
export const renameThread = (room, title) => openDialog(html`<${RenameThread} room=${room} title=${title} />`)

/** @param {Message} message */
export const flagMessage = message => openDialog(html`<${FlagMessage} message=${message} />`)

/** @param {Message} message */
export const showLikes = message => openDialog(html`<${WhoLikes} message=${message} />`)

/** @param {number} parent @param {Thread[]} threads */
export const chooseSubThread = (parent, threads) => openDialog(html`<${SubThreads} parent=${parent} threads=${threads} />`)
