/** @import { Thread, ThreadChanges } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { changeThread, deleteThread } from "../api/threads.mjs"
import { linkTo } from "../model/place.mjs"
import { attempt } from "../model/toasts.mjs"
import { counted } from "../text/names.mjs"
import { copyText } from "./copy-text.mjs"
import { confirm } from "./dialog.mjs"
import { renameThread } from "./dialogs.mjs"

/**
 * What this reader may do with a thread.
 * @param {Room} room
 * @param {Thread} thread
 */
export function threadActions(room, thread) {
  const { can_manage, can_delete, is_pinned, is_locked, is_private } = thread
  const change = (/** @type {ThreadChanges} */ changes) => () => changeRoom(room, changes)
  return [
    { label: "Copy link", icon: "link", run: () => copyText(location.origin + "/forum" + linkTo({ thread: thread.id }), "Link copied.") },
    can_manage && { label: "Rename", icon: "edit", run: () => renameThread(room, thread.title) },
    can_manage && { label: is_pinned ? "Unpin" : "Pin", icon: "pin", run: change({ is_pinned: !is_pinned }) },
    can_manage && { label: is_locked ? "Unlock" : "Lock", icon: is_locked ? "unlock" : "lock", run: change({ is_locked: !is_locked }) },
    room.forum.permissions.is_creator && { label: is_private ? "Open to members" : "Make private", icon: "eye", run: change({ is_private: !is_private }) },
    can_delete && { label: "Delete thread", icon: "trash", danger: true, run: () => remove(thread) },
  ]
}

/** @param {Room} room @param {ThreadChanges} changes */
export async function changeRoom(room, changes) {
  const answer = await attempt(() => changeThread(room.id, changes))
  if (answer) room.patchThread(answer.thread)
}

/** @param {Thread} thread */
async function remove(thread) {
  const text = `“${thread.title}”, its ${counted(thread.message_count, "message")} and its sub-threads will be gone for everybody.`
  if (await confirm({ title: "Delete this thread?", text, action: "Delete thread" })) attempt(() => deleteThread(thread.id))
}
